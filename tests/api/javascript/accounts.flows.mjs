import assert from "node:assert/strict";

import { anonymous, ok, owner, refused, signUp, stranger, viewer } from "./people.mjs";

export async function aSignUpMakesProfilePreferencesAndPersonalOrganization() {
  const { client, id } = await signUp("Ada Lovelace");
  assert.deepEqual(await ok(client.from("user_profiles").select("user_id, full_name")), [
    { user_id: id, full_name: "Ada Lovelace" },
  ]);
  assert.equal((await ok(client.from("user_preferences").select().single())).theme, "system");
  assert.deepEqual(await ok(client.from("organizations").select("name, is_personal")), [
    { name: "Ada Lovelace", is_personal: true },
  ]);
}

export async function signingInRefreshingAndOut() {
  const { email } = await signUp();
  const client = anonymous();
  const first = await ok(client.auth.signInWithPassword({ email, password: "correct-horse-battery" }));
  const second = await ok(client.auth.refreshSession());
  assert.notEqual(second.session.refresh_token, first.session.refresh_token);
  assert.equal((await ok(client.auth.getUser())).user.email, email);
  assert.equal((await client.auth.signOut()).error, null);
  assert.equal((await client.auth.getSession()).data.session, null);
  const { error } = await client.auth.refreshSession({ refresh_token: second.session.refresh_token });
  assert.ok(error);
}

export async function aWrongPasswordIsRefused() {
  const { error } = await anonymous().auth.signInWithPassword({ email: owner.email, password: "wrong-password" });
  assert.deepEqual([error.status, error.code], [400, "invalid_credentials"]);
}

export async function seededPeopleSignIn() {
  const client = anonymous();
  const { user } = await ok(client.auth.signInWithPassword({ email: "ada@acme.example", password: "groundwork" }));
  assert.equal(user.user_metadata.full_name, "Ada Lovelace");
  const slugs = await ok(client.from("organizations").select("slug").eq("is_personal", false));
  assert.deepEqual(slugs, [{ slug: "acme" }]);
}

export async function changesArePushedWithUpdate() {
  const { client, id } = await signUp();
  const [changed] = await ok(client.from("user_profiles").update({ job_title: "Baker" }).eq("user_id", id).select());
  assert.equal(changed.job_title, "Baker");
  assert.deepEqual(await ok(client.from("user_profiles").update({ job_title: "x" }).eq("user_id", owner.id).select()), []);
}

export async function anonSeesNothing() {
  const client = anonymous();
  for (const table of ["organizations", "messages", "documents", "user_profiles"]) {
    const { status } = await refused("42501", client.from(table).select());
    assert.equal(status, 401);
  }
  await refused("42501", client.rpc("get_user_dashboard"));
  await refused("PGRST106", client.schema("private").from("usage_base").select());
  await refused("PGRST106", client.schema("auth").from("users").select());
}

export async function theDashboardIsOnesOwn() {
  const mine = await ok(viewer.client.rpc("get_user_dashboard"));
  assert.equal(mine.email, viewer.email);
  assert.deepEqual(mine.usage_this_month, { tokens: 0, cost_usd: 0, requests: 0 });
  assert.equal((await ok(stranger.client.rpc("get_user_dashboard"))).organizations.length, 1);
}
