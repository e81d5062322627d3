"""Every call of PyGorse, plain and asynchronous, against a running server: `pygorse.py ADDRESS KEY ITEM...`."""

import asyncio
import inspect
import sys

from gorse import AsyncGorse, Gorse, GorseException

address, key, *items = sys.argv[1:]
TIME = "2022-11-20T13:55:27Z"
called = set()


def refused(status, error):
    assert error.status_code == status, (error.status_code, error.message)


class Plain:
    """The plain client as if it were the other one."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        called.add(name)
        found = getattr(self.client, name)

        async def call(*given, **named):
            answer = found(*given, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call


def event(user, item):
    return {"FeedbackType": "like", "UserId": user, "ItemId": item, "Timestamp": TIME}


async def everything(made, name):
    client = Plain(made)
    user, other = f"{name}-u", f"{name}-v"
    one = {"RowAffected": 1}
    assert await client.insert_user({"UserId": user, "Labels": {"sex": "M"}, "Comment": "c"}) == one
    assert (await client.insert_users([{"UserId": other}]))["RowAffected"] == 1
    assert (await client.get_user(user))["Labels"] == {"sex": "M"}
    users, cursor = await client.get_users(1)
    more, _ = await client.get_users(100, cursor)
    assert len(users) == 1 and {user, other} <= {row["UserId"] for row in users + more}

    item = {"ItemId": f"{name}-i", "IsHidden": True, "Labels": ["a"], "Categories": ["d"], "Timestamp": TIME, "Comment": f"{name} title"}
    assert await client.insert_item(item) == one
    assert await client.get_item(item["ItemId"]) == item
    assert await client.update_item(item["ItemId"], comment=f"{name} other") == one
    assert (await client.get_item(item["ItemId"]))["Comment"] == f"{name} other"
    assert [row["ItemId"] for row in await client.search_items(f"{name} other")] == [item["ItemId"]]
    rows, cursor = await client.get_items(2)
    assert len(rows) == 2 and len((await client.get_items(2, cursor))[0]) == 2
    assert await client.delete_item(item["ItemId"]) == one
    try:
        await client.get_item(item["ItemId"])
        raise AssertionError("a deleted item is there")
    except GorseException as error:
        refused(404, error)

    assert await client.insert_feedback("like", user, items[0], TIME) == one
    assert (await client.insert_feedbacks([event(user, items[1]), event(other, items[0])]))["RowAffected"] == 2
    listed = await client.list_feedbacks("like", user)
    assert [row["ItemId"] for row in listed] == sorted(items[:2]), listed
    page, cursor = await client.get_feedbacks(2)
    rest, _ = await client.get_feedbacks(100, cursor)
    assert len(page) == 2 and len(page + rest) >= 3
    assert await client.delete_feedback(user, items[1]) == one

    scored = await client.get_recommend(user, n=3)
    assert len(scored) == 3 and all(entry.id != items[0] for entry in scored)
    written = await client.get_recommend(user, n=3, offset=1, write_back_type="read", write_back_delay="10m")
    assert [entry.id for entry in written][:2] == [entry.id for entry in scored][1:]
    assert await client.get_recommend(user, category="nothing") == []
    assert len(await client.session_recommend([event("", items[0])], n=4)) == 4
    assert len(await client.get_neighbors(items[0], n=5, offset=1)) == 5
    assert await client.delete_user(user) == one
    try:
        await client.get_user(user)
        raise AssertionError("a deleted user is there")
    except GorseException as error:
        refused(404, error)


asyncio.run(everything(Gorse(address, key), "plain"))
asyncio.run(everything(AsyncGorse(address, key), "async"))
try:
    Gorse(address, "wrong").get_user("u")
    raise AssertionError("a wrong key is taken")
except GorseException as error:
    refused(401, error)
left = {name for name in dir(Gorse) if not name.startswith("_")} - called
assert not left, f"never called: {left}"
print(f"{len(called)} calls")
