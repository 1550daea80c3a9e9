// Another process that emits to the peer's rooms through Redis. One line of JSON on stdin is one emit:
// [room, name, ...arguments]. Setting: PEER_REDIS.
"use strict";

const { createInterface } = require("node:readline");
const { Emitter } = require("@socket.io/redis-emitter");
const { createClient } = require("redis");

async function main() {
  const redis = createClient({ url: process.env.PEER_REDIS });
  await redis.connect();
  const io = new Emitter(redis);
  for await (const line of createInterface({ input: process.stdin })) {
    const [room, name, ...rest] = JSON.parse(line);
    io.to(room).emit(name, ...rest);
  }
  await redis.quit();
}

main();
