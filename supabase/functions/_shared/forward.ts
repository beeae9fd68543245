// Passes a call on to the Python handler of the same name, body and answer as streams, so that `functions.invoke`
// reaches it on hosted Supabase. Set the secret GROUNDWORK_FUNCTIONS_URL to where the functions are served, for
// instance https://functions.example.com/functions/v1

const HOP_BY_HOP = [
  "connection",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export function forward(name: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const home = Deno.env.get("GROUNDWORK_FUNCTIONS_URL");
    if (!home) return refuse(500, "not_configured", "GROUNDWORK_FUNCTIONS_URL is not set.");
    const { pathname, search } = new URL(request.url);
    const below = pathname.replace(/^\/functions\/v1/, "").replace(new RegExp(`^/${name}`), "");
    const headers = new Headers(request.headers);
    HOP_BY_HOP.forEach((header) => headers.delete(header));
    try {
      return await fetch(`${home}/${name}${below}${search}`, {
        method: request.method,
        headers,
        body: request.body,
        redirect: "manual",
        signal: request.signal,
      });
    } catch {
      return refuse(502, "functions_unreachable", "The functions do not answer.");
    }
  };
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json(
    { error: { code, message, hint: "See supabase/functions/_shared/forward.ts." } },
    {
      status,
      headers: { "Access-Control-Allow-Origin": "*" },
    },
  );
}
