// A peer of the gateway: Socket.IO on Node with its own ws engine and the Redis adapter, as its documentation sets it up.
// Asks nobody who they are; a client names its room. Settings: PEER_PORT, PEER_REDIS.
"use strict";

const { createServer } = require("node:http");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

async function main() {
  const publishing = createClient({ url: process.env.PEER_REDIS });
  const subscribed = publishing.duplicate();
  await Promise.all([publishing.connect(), subscribed.connect()]);
  const server = createServer((request, response) => response.end("alive"));
  const io = new Server(server, { adapter: createAdapter(publishing, subscribed), transports: ["websocket"] });
  io.on("connection", (socket) => socket.join(socket.handshake.auth.room));
  server.listen({ port: Number(process.env.PEER_PORT), host: "127.0.0.1", backlog: 4096 });
}

main();
