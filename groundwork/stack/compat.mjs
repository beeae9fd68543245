// Where Supabase Lite's Storage speaks otherwise than Supabase's, it is put right here, so that supabase-js and
// supabase-py find what they look for: folders in lists, `signedURL` and `url` in signed links, a status code in
// every error.
const PREFIX = "/storage/v1";

export function compatible(storage) {
  return async (request) => {
    const path = new URL(request.url).pathname.slice(PREFIX.length);
    const listing = request.method === "POST" && /^\/object\/list\/[^/]+$/.test(path);
    const answer = listing ? await list(storage, request) : await storage(request);
    if (!answer.headers.get("content-type")?.includes("json") || /^\/(object\/(public|authenticated)|render)\//.test(path))
      return answer;
    if (request.method === "GET" && /^\/object\/(?!info\/)/.test(path) && answer.ok) return answer;
    return json(answer, answer.ok ? success(request.method, path, await answer.json()) : failure(answer.status, await answer.json()));
  };
}

function json(answer, body) {
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return new Response(JSON.stringify(body), { status: answer.status, headers });
}

function success(method, path, body) {
  if (method !== "POST" || !/^\/object\/(upload\/)?sign\//.test(path)) return body;
  const relative = (link) => (link ? link.slice(PREFIX.length) : null);
  if (path.startsWith("/object/upload/")) return { ...body, url: relative(body.signedUrl) };
  const signed = ({ signedUrl, ...rest }) => ({ ...rest, signedURL: relative(signedUrl) });
  return Array.isArray(body) ? body.map(signed) : signed(body);
}

function failure(status, body) {
  return { statusCode: String(status), error: "Error", message: "Storage refused", ...body };
}

// Lite lists every object whose name begins with the prefix; Supabase lists one folder.
async function list(storage, request) {
  const { prefix = "", limit = 100, offset = 0, search = "", sortBy } = await request.json();
  const folder = prefix.replace(/^\/+|\/+$/g, "");
  const start = folder ? `${folder}/` : "";
  const everything = { prefix: start, limit: 1_000_000, offset: 0 };
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  const answer = await storage(
    new Request(request.url, { method: "POST", headers, body: JSON.stringify(everything), signal: request.signal }),
  );
  if (!answer.ok) return answer;
  const folders = new Map();
  const files = [];
  for (const object of await answer.json()) {
    if (!object.name.startsWith(start)) continue; // the prefix was a LIKE pattern to Lite
    const [name, ...deeper] = object.name.slice(start.length).split("/");
    if (!name.toLowerCase().startsWith(search.toLowerCase())) continue;
    if (deeper.length) folders.set(name, { name, ...EMPTY });
    else files.push(entry(object, name));
  }
  const { column = "name", order = "asc" } = sortBy ?? {};
  const direction = order === "desc" ? -1 : 1;
  const by = (key) => (a, b) => direction * ((a[key] > b[key]) - (a[key] < b[key]));
  const sorted = [...[...folders.values()].sort(by("name")), ...files.sort(by(column))];
  return json(answer, sorted.slice(offset, offset + limit));
}

const EMPTY = { id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null };

function entry({ id, updated_at, created_at, last_accessed_at, metadata }, name) {
  return { name, id, updated_at, created_at, last_accessed_at, metadata };
}
