import assert from "node:assert/strict";

import { company, member, newOrganization, ok, owner, refused, service, signUp, stranger, viewer } from "./people.mjs";

export async function membersSeeItAndStrangersDoNot() {
  assert.equal((await ok(viewer.client.from("organizations").select().eq("id", company))).length, 1);
  assert.deepEqual(await ok(stranger.client.from("organizations").select().eq("id", company)), []);
  const people = await ok(
    viewer.client
      .from("organization_members")
      .select("role, person:user_profiles!organization_members_user_id_fkey(full_name)")
      .eq("organization_id", company)
      .order("role", { ascending: false }),
  );
  assert.deepEqual(people.map(({ role, person }) => [role, person.full_name]), [
    ["owner", "Owner Person"],
    ["member", "Member Person"],
    ["viewer", "Viewer Person"],
  ]);
}

export async function anInvitationIsAccepted() {
  const guest = await signUp("Guest Person");
  const made = await ok(
    owner.client.rpc("create_invitation", { p_organization_id: company, p_email: guest.email, p_role: "viewer" }),
  );
  const { status, hint } = await refused("PT403", stranger.client.rpc("accept_invitation", { p_token: made.token }));
  assert.equal(status, 403);
  assert.match(hint, /address/);
  const joined = await ok(guest.client.rpc("accept_invitation", { p_token: made.token }));
  assert.deepEqual([joined.organization_id, joined.role], [company, "viewer"]);
  await refused("PT409", guest.client.rpc("accept_invitation", { p_token: made.token }));
  await ok(guest.client.rpc("leave_organization", { p_organization_id: company }));
}

export async function rolesAndRemovalTakeEffectAtOnce() {
  const id = await newOrganization(owner, member);
  const write = () => member.client.from("conversations").insert({ organization_id: id, title: "Talk" });
  await ok(write());
  await ok(owner.client.rpc("change_member_role", { p_organization_id: id, p_user_id: member.id, p_role: "viewer" }));
  await refused("42501", write());
  await ok(owner.client.rpc("remove_member", { p_organization_id: id, p_user_id: member.id }));
  assert.deepEqual(await ok(member.client.from("organizations").select().eq("id", id)), []);
}

export async function theLastOwnerStays() {
  const { status } = await refused("PT409", owner.client.rpc("leave_organization", { p_organization_id: company }));
  assert.equal(status, 409);
}

export async function anApiKeyIsShownOnceAndVerifiedByTheServiceRole() {
  const made = await ok(
    owner.client.rpc("create_api_key", { p_organization_id: company, p_name: "Site", p_scopes: ["chat:write"] }),
  );
  const verified = await ok(service.rpc("verify_api_key", { p_key: made.key, p_scope: "chat:write" }));
  assert.equal(verified.organization_id, company);
  await refused("42501", owner.client.from("organization_api_keys").select());
  await refused("42501", owner.client.from("organization_api_keys").select("key_hash"));
  assert.equal((await ok(owner.client.from("organization_api_keys").select("name").eq("id", made.id)))[0].name, "Site");
  await ok(owner.client.rpc("revoke_api_key", { p_id: made.id }));
  assert.equal(await ok(service.rpc("verify_api_key", { p_key: made.key })), null);
}

export async function theAuditLogIsForAdmins() {
  const log = await ok(
    owner.client.from("organization_audit_log").select("table_name, action").eq("organization_id", company),
  );
  assert.ok(log.some((row) => row.table_name === "organizations" && row.action === "insert"));
  assert.deepEqual(await ok(member.client.from("organization_audit_log").select().eq("organization_id", company)), []);
}

export async function usageCountsInTheAnalytics() {
  const id = await newOrganization(owner, member);
  const call = { organization_id: id, endpoint: "/chat/completions", model_name: "gpt-4", tokens_input: 1500, tokens_output: 500 };
  const [made] = await ok(member.client.from("api_usage").insert({ ...call, cost_usd: 0.06 }).select());
  assert.deepEqual([made.tokens_used, made.user_id], [2000, member.id]);
  const analytics = await ok(owner.client.rpc("get_organization_analytics", { p_organization_id: id }));
  assert.equal(analytics.member_count, 2);
  assert.deepEqual(analytics.usage_this_month, {
    tokens: 2000,
    cost_usd: 0.06,
    requests: 1,
    by_user: { [member.email]: { tokens: 2000, cost: 0.06 } },
  });
  await refused("42501", member.client.from("api_usage").update({ cost_usd: 0 }).eq("id", made.id));
}
