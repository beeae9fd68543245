import assert from "node:assert/strict";

import { company, member, ok, owner, refused, service, stranger, viewer } from "./people.mjs";

async function newConversation(...guests) {
  const [{ id }] = await ok(
    owner.client.from("conversations").insert({ organization_id: company, title: "Talk", type: "group" }).select(),
  );
  const rows = [owner, ...guests].map((person) => ({ conversation_id: id, user_id: person.id }));
  await ok(owner.client.from("conversation_participants").insert(rows));
  return id;
}

const say = (person, conversation_id, content) =>
  person.client.from("messages").insert({ conversation_id, user_id: person.id, content }).select().single();

export async function participantsReadAndOthersDoNot() {
  const id = await newConversation(member);
  const message = await ok(say(owner, id, "Hello team!"));
  assert.equal(message.sequence, 1);
  assert.deepEqual(await ok(member.client.from("messages").select("content").eq("conversation_id", id)), [
    { content: "Hello team!" },
  ]);
  for (const person of [viewer, stranger]) {
    assert.deepEqual(await ok(person.client.from("messages").select().eq("conversation_id", id)), []);
    await refused("42501", say(person, id, "Me too"));
  }
}

export async function pagesBySequenceMissNothing() {
  const id = await newConversation();
  const rows = Array.from({ length: 12 }, (_, n) => ({ conversation_id: id, user_id: owner.id, content: `${n}` }));
  await ok(owner.client.from("messages").insert(rows));
  const seen = [];
  for (let after = 0, page; (page = await next(after)).length; after = page.at(-1).sequence) seen.push(...page);
  assert.deepEqual(seen.map(({ content }) => content), rows.map(({ content }) => content));

  function next(after) {
    const query = owner.client.from("messages").select("sequence, content").eq("conversation_id", id);
    return ok(query.gt("sequence", after).order("sequence").limit(5));
  }
}

export async function messagesWrittenAtOnceAreNumberedWithoutAGap() {
  const id = await newConversation(member);
  await Promise.all(Array.from({ length: 10 }, (_, n) => ok(say(n % 2 ? owner : member, id, `${n}`))));
  const rows = await ok(owner.client.from("messages").select("sequence").eq("conversation_id", id).order("sequence"));
  assert.deepEqual(rows.map(({ sequence }) => sequence), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}

export async function countingWithoutReading() {
  const id = await newConversation();
  for (const content of ["one", "two"]) {
    await ok(say(owner, id, content));
    const head = owner.client.from("messages").select("*", { count: "exact", head: true }).eq("conversation_id", id);
    assert.equal((await head).count, content === "one" ? 1 : 2);
  }
}

export async function reactionsTypingAndReadMarks() {
  const id = await newConversation(member);
  const { id: message_id } = await ok(say(owner, id, "Done"));
  await ok(member.client.from("message_reactions").insert({ message_id, reaction: "🎉" }));
  const [row] = await ok(owner.client.from("messages").select("message_reactions(reaction)").eq("id", message_id));
  assert.deepEqual(row.message_reactions, [{ reaction: "🎉" }]);

  await ok(member.client.rpc("set_typing", { p_conversation_id: id }));
  const typing = () => ok(owner.client.from("typing_indicators").select("user_id").eq("conversation_id", id));
  assert.deepEqual(await typing(), [{ user_id: member.id }]);
  await ok(member.client.rpc("set_typing", { p_conversation_id: id, p_is_typing: false }));
  assert.deepEqual(await typing(), []);

  const unread = async () => (await ok(member.client.rpc("get_user_dashboard"))).unread_count;
  const before = await unread();
  const mark = await ok(member.client.rpc("mark_conversation_read", { p_conversation_id: id }));
  assert.equal(mark.last_read_sequence, 1);
  assert.equal(await unread(), before - 1);
}

export async function theAssistantSpeaksThroughTheServiceRole() {
  const id = await newConversation();
  const said = { conversation_id: id, role: "assistant", content: "Hello" };
  await refused("42501", owner.client.from("messages").insert(said));
  await ok(service.from("messages").insert({ ...said, model_name: "gpt-4" }));
  assert.equal((await ok(owner.client.from("messages").select().eq("conversation_id", id)))[0].role, "assistant");
}

export async function deletedIsGone() {
  const id = await newConversation(member);
  const message = await ok(say(member, id, "Oops"));
  await ok(member.client.rpc("delete_message", { p_id: message.id }));
  assert.deepEqual(await ok(owner.client.from("messages").select().eq("conversation_id", id)), []);
  await refused("PT403", member.client.rpc("delete_conversation", { p_id: id }));
  await ok(owner.client.rpc("delete_conversation", { p_id: id }));
  const { status } = await refused("PT404", member.client.rpc("delete_conversation", { p_id: id }));
  assert.equal(status, 404);
}
