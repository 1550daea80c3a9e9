// Calls of the JSON API as the person whose page this is.

const csrf = document.querySelector('meta[name="passline-csrf"]').content;
const PATIENCE = 15_000; // ms
const SLOW = 45_000; // what carries a photograph

/** {status, document} of the answer; null when nobody answered. */
export async function call(method, path, body = null, headers = {}) {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === null ? {} : { "Content-Type": "application/json", "X-CSRFToken": csrf }),
        ...headers,
      },
      body: body === null ? null : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(body?.photo ? SLOW : PATIENCE),
    });
    const document = response.status === 204 ? null : await response.json();
    return { status: response.status, document };
  } catch {
    return null; // no connection, too slow, or somebody on the way answered with a page
  }
}
