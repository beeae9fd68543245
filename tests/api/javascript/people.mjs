// People who are signed in through supabase-js, and what they do most.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { createClient } from "@supabase/supabase-js";

const { API_URL, ANON_KEY, SERVICE_ROLE_KEY } = process.env;
const options = { auth: { persistSession: false, autoRefreshToken: false } };

export const anonymous = () => createClient(API_URL, ANON_KEY, options);
export const service = createClient(API_URL, SERVICE_ROLE_KEY, options);

// The data of an answer; an error is thrown.
export async function ok(request) {
  const { data, error } = await request;
  if (error) throw new Error(`${error.code ?? error.name}: ${error.message}`, { cause: error });
  return data;
}

// The error of an answer, which must be there and have this code.
export async function refused(code, request) {
  const { data, error, status } = await request;
  assert.ok(error, `expected ${code}, got ${JSON.stringify(data)}`);
  assert.equal(error.code, code, error.message);
  return { ...error, status };
}

export async function signUp(fullName = "Somebody") {
  const client = anonymous();
  const email = `${randomUUID()}@example.com`;
  const { user, session } = await ok(
    client.auth.signUp({ email, password: "correct-horse-battery", options: { data: { full_name: fullName } } }),
  );
  assert.ok(session, "a sign-up signs in at once");
  return { client, email, id: user.id };
}

export async function newOrganization(owner, ...members) {
  const [{ id }] = await ok(
    owner.client.from("organizations").insert({ name: "Company", slug: `company-${randomUUID()}` }).select(),
  );
  const rows = members.map((member) => ({ organization_id: id, user_id: member.id, role: member.role ?? "member" }));
  if (rows.length) await ok(owner.client.from("organization_members").insert(rows));
  return id;
}

// Made once, for all flows.
export const [owner, member, viewer, stranger] = await Promise.all(
  ["Owner", "Member", "Viewer", "Stranger"].map((name) => signUp(`${name} Person`)),
);
viewer.role = "viewer";
export const company = await newOrganization(owner, member, viewer);
