// Serves Auth and Storage with Supabase Lite on a Unix socket. Arguments: the path of a JSON configuration, and
// `provision` to make the tables of both instead of serving.
//
// Auth and Storage each connect as a role of their own, which owns its schema and nothing else, as on hosted
// Supabase.
import { chmodSync, readFileSync, rmSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(`fatal: ${error.message.split("\n")[0]}\n${error.stack}`);
  console.error(`fatal: ${error.message.split("\n")[0]}`); // at the end too, where a reader of the log looks
  process.exit(1);
});
process.env.EXPERIMENTAL_STORAGE = "1";
process.env.DO_NOT_TRACK = process.env.SUPABASE_TELEMETRY_DISABLED = "1";

const { createAdaptorServer } = await import("@hono/node-server");
const { App } = await import("@supabase/lite");
const { createPostgresConnection } = await import("@supabase/lite/postgres");
const { compatibleAuth, compatibleStorage } = await import("./compat.mjs");
const { FolderStorage } = await import("./storage.mjs");

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));

// The clients want ISO 8601; Postgres writes `2026-11-22 19:47:37.132+00`.
const timestamptz = {
  to: 1184,
  from: [1184],
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parse: (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"),
};

// Lite hands JSON over as text already; made JSON once more, user_metadata would be a string to every trigger.
const json = (oid) => ({
  to: oid,
  from: [oid],
  serialize: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  parse: (text) => JSON.parse(text),
});

function connect(url, name) {
  const connection = createPostgresConnection({
    url,
    postgresOptions: {
      max: config.connections,
      onnotice: () => {},
      connection: { application_name: name },
      types: { timestamptz, json: json(114), jsonb: json(3802) },
    },
  });
  // Left to itself, Lite grants everything in every schema that has row level security to anon, authenticated
  // and service_role. Our roles and grants are made by the bootstrap and the migrations, and by nobody else.
  connection.rlsState = "active";
  return connection;
}

const disabled = { enabled: false };
const db = { migrations: disabled }; // the Supabase CLI keeps the history of migrations
const auth = new App({
  connection: connect(config.auth_url, "auth"),
  db,
  auth: { ...config.auth, enabled: true },
  storage: disabled,
});
const storage = new App({
  connection: connect(config.storage_url, "storage"),
  db,
  auth: { ...config.auth, enabled: false },
  storage: config.storage,
});
storage._storageAdapter = new FolderStorage(config.folder);
for (const app of [auth, storage]) await app.init();
if (process.argv[3] === "provision") {
  for (const app of [auth, storage]) await app.ensureSystemSchema();
  process.exit(0);
}

const peer = { peerAddress: null }; // nobody counts as local: Lite may serve local callers without a key
const serveAuth = compatibleAuth((request) => auth.fetch(request, peer), {
  secret: config.auth.jwt_secret,
  issuer: config.issuer,
});
const serveStorage = compatibleStorage((request) => storage.fetch(request, peer));

function route(request) {
  const { pathname } = new URL(request.url);
  return pathname.startsWith("/storage/v1/") ? serveStorage(request) : serveAuth(request);
}

rmSync(config.socket, { force: true });
const server = createAdaptorServer({ fetch: route });
server.listen(config.socket, () => chmodSync(config.socket, 0o600));
for (const signal of ["SIGTERM", "SIGINT"])
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
