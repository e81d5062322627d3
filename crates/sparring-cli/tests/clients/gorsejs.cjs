// Every call of gorsejs against a running server: `gorsejs.cjs ADDRESS KEY ITEM...`.

const assert = require("node:assert");
const { Gorse } = require("gorsejs");

const [address, secret, ...items] = process.argv.slice(2);
const client = new Gorse({ endpoint: address, secret });
const called = new Set();
const ask = new Proxy(client, {
  get(target, name) {
    called.add(name);
    return target[name].bind(target);
  },
});
const Timestamp = "2022-11-20T13:55:27Z";
const event = (UserId, ItemId) => ({ FeedbackType: "like", UserId, ItemId, Timestamp });

async function gone(call) {
  try {
    await call;
  } catch (error) {
    return;
  }
  assert.fail("what was deleted is there");
}

async function main() {
  assert.equal(await ask.insertUser({ UserId: "js-u", Labels: ["a"], Comment: "c" }), 1);
  assert.equal(await ask.insertUsers([{ UserId: "js-v" }]), 1);
  assert.deepEqual((await ask.getUser("js-u")).Labels, ["a"]);
  assert.equal(await ask.updateUser("js-u", { Comment: "other" }), 1);
  assert.equal((await ask.getUser("js-u")).Comment, "other");
  assert.ok((await ask.getUsers({ n: 100 })).Users.length >= 2);

  const item = { ItemId: "js-i", IsHidden: false, Labels: ["a"], Categories: ["d"], Timestamp, Comment: "t" };
  assert.equal(await ask.upsertItem(item), 1);
  assert.equal(await ask.upsertItems([{ ...item, ItemId: "js-j" }]), 1);
  assert.deepEqual(await ask.getItem("js-i"), item);
  assert.equal(await ask.updateItem("js-i", { Comment: "other" }), 1);
  assert.equal(await ask.insertItemCategory("js-i", "e"), 1);
  assert.deepEqual((await ask.getItem("js-i")).Categories, ["d", "e"]);
  assert.equal(await ask.deleteItemCategory("js-i", "d"), 1);
  assert.equal((await ask.getItems({ n: 2 })).Items.length, 2);

  assert.equal(await ask.insertFeedbacks([event("js-u", items[0]), event("js-u", items[1]), event("js-v", items[0])]), 3);
  assert.equal(await ask.upsertFeedbacks([event("js-u", "js-i")]), 1);
  assert.equal((await ask.getFeedbacks(undefined, { n: 2 })).Feedback.length, 2);
  assert.equal((await ask.getFeedbacks("like", { n: 3 })).Feedback.length, 3);
  assert.equal((await ask.getFeedback({ type: "like", userId: "js-u", itemId: items[0] })).ItemId, items[0]);
  assert.equal((await ask.getUserFeedback("js-u")).length, 3);
  assert.equal((await ask.getUserFeedbackByType("js-u", "like")).length, 3);
  assert.ok((await ask.getItemFeedback(items[0])).length >= 2);
  assert.equal((await ask.getItemFeedbackByType("js-i", "like")).length, 1);
  await ask.deleteFeedback({ type: "like", userId: "js-u", itemId: items[1] });
  assert.equal((await ask.getUserFeedback("js-u")).length, 2);

  assert.ok((await ask.getPopular({ cursorOptions: { n: 2 } })).length >= 1);
  assert.equal((await ask.getLatest({ category: "e", cursorOptions: { n: 1 } }))[0].Id, "js-i");
  assert.equal((await ask.getRecommend({ userId: "js-u", cursorOptions: { n: 3 } })).length, 3);
  assert.equal((await ask.getRecommend({ userId: "js-u", writeBackType: "read", writeBackDelay: "10m", cursorOptions: { n: 2 } })).length, 2);
  assert.equal((await ask.getSessionRecommend([event("", items[0])], { cursorOptions: { n: 4 } })).length, 4);
  assert.equal((await ask.getItemNeighbors({ itemId: items[0], cursorOptions: { n: 5 } })).length, 5);
  assert.ok((await ask.getUserNeighbors({ userId: "js-u" })).length >= 1);

  assert.equal(await ask.deleteItem("js-i"), 1);
  await gone(client.getItem("js-i"));
  assert.equal(await ask.deleteUser("js-u"), 1);
  await gone(client.getUser("js-u"));
  await gone(new Gorse({ endpoint: address, secret: "wrong" }).getUser("js-v"));

  const all = Object.getOwnPropertyNames(Gorse.prototype).filter((name) => name !== "constructor");
  const left = all.filter((name) => !called.has(name));
  assert.deepEqual(left, [], `never called: ${left}`);
  console.log(`${called.size} calls`);
}

main().catch((error) => {
  console.error(error.stack, error.response?.data);
  process.exit(1);
});
