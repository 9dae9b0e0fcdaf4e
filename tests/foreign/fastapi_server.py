"""A 4pay-compatible server that shares no code with the sandbox: the documented shapes, state in memory, and
whatever FastAPI does by itself: its 422, its redirects for slashes, its OpenAPI document.

Its first line on stdout is one JSON object with base_url and token, as that of `fourpay sandbox`.
"""

import asyncio
import json
import socket
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

TOKEN = "foreign-" + uuid.uuid4().hex
Amount = Annotated[Decimal, Field(gt=0, decimal_places=2, max_digits=14)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0)]


def now():
    return datetime.now(UTC).isoformat(timespec="seconds")


class NewHolder(BaseModel):
    cardOwnerId: str = Field(pattern=r"^[a-zA-Z0-9-]+$")
    first_name: str = Field(min_length=1, max_length=255)
    last_name: str = Field(min_length=1, max_length=255)
    email: str = Field(min_length=3, max_length=255)
    phone: str | None = Field(None, max_length=50)


class NewCard(BaseModel):
    name: str = Field(min_length=1)
    cardOwnerId: str
    cardType: str = Field(pattern="^(virtual|physical)$")
    cardProviderBinId: str | None = None
    binCategoryId: str | None = None
    limits: dict[str, Decimal] = {}
    currency: str | None = None


class Move(BaseModel):
    amount: Amount
    currency: str = "USD"
    description: str | None = Field(None, max_length=500)


class Transfer(Move):
    destinationAccountUuid: str


accounts, holders, cards, card_rows, account_rows = {}, {}, {}, [], []
BIN = {"cardProviderBinId": str(uuid.uuid4()), "bin": "555555", "cardNetwork": "mastercard", "issuerCountry": "GB",
       "cardTokenizations": ["apple_pay"], "categoryIds": [str(uuid.uuid4())]}


def account_row(account, kind, amount, status="completed"):
    row = {"id": str(uuid.uuid4()), "accountUuid": account, "amount": f"{amount:.2f}", "currency": "USD",
           "type": kind, "status": status, "createdAt": now(), "updatedAt": now()}
    account_rows.insert(0, row)
    return row["id"]


def card_row(card, kind, amount, **more):
    row = {"id": str(uuid.uuid4()), "cardUuid": card["id"], "accountUuid": card["accountUuid"],
           "amount": f"{amount:.2f}", "currency": "USD", "type": kind, "status": "completed",
           "createdAt": now(), "updatedAt": now(), **more}
    card_rows.insert(0, row)
    return row["id"]


def show_account(account):
    balance = account["balance"]
    # str(Decimal), as the documents' zeros look in practice.
    return {"id": account["id"], "name": account["name"], "balance": str(balance), "holdedBalance": "0E-9",
            "availableBalance": str(balance), "currency": "USD", "status": "active",
            "cards": sum(card["accountUuid"] == account["id"] for card in cards.values()),
            "allowedCardTypes": ["virtual"], "isTransferAllowed": True,
            "createdAt": account["createdAt"], "updatedAt": account["updatedAt"]}


def show_card(card):
    known = card["status"] != "creating"
    money = f"{card['balance']:.2f}" if known else None
    return {"id": card["id"], "accountUuid": card["accountUuid"], "cardOwnerId": card["cardOwnerId"],
            "status": card["status"], "cardType": card["cardType"], "lastFour": card["number"][12:] if known else None,
            "balance": money, "availableBalance": money, "currency": "USD", "expiryMonth": 4, "expiryYear": 2031,
            "createdAt": card["createdAt"], "updatedAt": card["updatedAt"]}


def show_item(card):
    return {"cardId": card["id"], "accountUuid": card["accountUuid"], "name": card["name"], "status": card["status"],
            "maskedNumber": f"{card['number'][:6]}******{card['number'][12:]}",
            "availableBalance": f"{card['balance']:.2f}", "currency": "USD"}


def found(things, key, what):
    if key not in things:
        raise HTTPException(404, f"{what} not found")
    return things[key]


def the_account(account_uuid: str):
    return found(accounts, account_uuid, "Account")


def the_card(account_uuid: str, card_uuid: str):
    card = found(cards, card_uuid, "Card")
    if card["accountUuid"] != account_uuid:
        raise HTTPException(404, "Card not found")
    return card


Account = Annotated[dict, Depends(the_account)]
Card = Annotated[dict, Depends(the_card)]


async def known_token(token: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Token", auto_error=False))]):
    if token != TOKEN:
        raise HTTPException(401, "Invalid or missing API token")


app = FastAPI(title="4pay", version="2.0.0", openapi_url="/api/openapi.json", docs_url="/api/docs")
account_routes, holder_routes, row_routes, hook_routes = (APIRouter(prefix=f"/api/v2/{name}") for name in (
    "accounts", "cardholders", "transactions", "webhooks"))


@account_routes.get("/")
async def list_accounts():
    return {"items": [show_account(account) for account in accounts.values()]}


@account_routes.get("/{account_uuid}")
async def get_account(account: Account):
    fees = {"cardTransactions": {"type": "percent", "percent": "1.5"},
            "cardIssuing": {"type": "amount", "amount": "3.00", "currency": "USD"}}
    return show_account(account) | {"isUsedCardBalance": True, "fees": fees, "binList": [BIN]}


@account_routes.get("/{account_uuid}/balance")
async def get_balance(account: Account):
    shown = show_account(account)
    return {"balance": shown["balance"], "heldBalance": "0E-9", "availableBalance": shown["availableBalance"],
            "cards": shown["cards"], "currency": "USD"}


@account_routes.get("/{account_uuid}/restrictions")
async def get_restrictions(account: Account):
    return {"maxCards": 50, "currentCards": show_account(account)["cards"], "allowedCardTypes": ["virtual"],
            "restrictions": []}


@account_routes.get("/{account_uuid}/transfer-destinations")
async def list_destinations(account: Account):
    return {"items": [{key: other[key] for key in ("id", "name")} | {"currency": "USD"}
                      for other in accounts.values() if other is not account]}


@account_routes.post("/{account_uuid}/transfer")
async def transfer(account: Account, body: Transfer):
    target = found(accounts, body.destinationAccountUuid, "Destination account")
    if target is account or account["balance"] < body.amount:
        raise HTTPException(400, "Transfer is not possible")
    account["balance"] -= body.amount
    target["balance"] += body.amount
    out = account_row(account["id"], "withdrawal", body.amount)
    return {"status": "accepted", "message": "Transfer accepted for processing", "sourceAccountUuid": account["id"],
            "destinationAccountUuid": target["id"], "amount": f"{body.amount:.2f}", "currency": "USD",
            "fromTransactionId": out, "toTransactionId": account_row(target["id"], "payin", body.amount)}


def show_holder(holder):
    return {"cardOwnerId": holder.cardOwnerId, "firstName": holder.first_name, "lastName": holder.last_name,
            "email": holder.email, "phone": holder.phone, "address": None}


@account_routes.get("/{account_uuid}/cardholders")
async def list_account_holders(account: Account, limit: Limit = 100, offset: Offset = 0):
    return await list_holders(limit, offset)


@account_routes.post("/{account_uuid}/cardholders", status_code=201)
async def create_holder(account: Account, body: NewHolder):
    if body.cardOwnerId in holders or any(holder.email == body.email for holder in holders.values()):
        raise HTTPException(409, "Cardholder exists already")
    holders[body.cardOwnerId] = body
    return show_holder(body)


@holder_routes.get("/")
async def list_holders(limit: Limit = 100, offset: Offset = 0):
    page = list(holders.values())[::-1][offset:offset + limit]
    return {"items": [show_holder(holder) for holder in page], "total": len(holders)}


@holder_routes.get("/{card_owner_id}")
async def get_holder(card_owner_id: str):
    return show_holder(found(holders, card_owner_id, "Cardholder"))


@holder_routes.get("/{card_owner_id}/cards")
async def list_held(card_owner_id: str, limit: Limit = 100, offset: Offset = 0):
    found(holders, card_owner_id, "Cardholder")
    held = [show_item(card) for card in cards.values() if card["cardOwnerId"] == card_owner_id]
    return {"items": held[::-1][offset:offset + limit]}


@account_routes.get("/{account_uuid}/cards/")
async def list_cards(account: Account, limit: Limit = 100, offset: Offset = 0):
    of = [show_item(card) for card in cards.values() if card["accountUuid"] == account["id"]]
    return {"items": of[::-1][offset:offset + limit]}


def make_card(account, body):
    card = body.model_dump() | {"id": str(uuid.uuid4()), "accountUuid": account["id"], "status": "creating",
                                "balance": Decimal(0), "number": f"555555{len(cards):010d}",
                                "createdAt": now(), "updatedAt": now()}
    cards[card["id"]] = card
    return card


async def activate(card):
    await asyncio.sleep(1)
    card["status"] = "active"


@account_routes.post("/{account_uuid}/cards/", status_code=201)
async def issue_card(account: Account, body: NewCard):
    found(holders, body.cardOwnerId, "Cardholder")
    card = make_card(account, body)
    card["task"] = asyncio.create_task(activate(card))
    account["balance"] -= 3
    account_row(account["id"], "card_issuing", Decimal(3))
    return show_card(card)


@account_routes.get("/{account_uuid}/cards/{card_uuid}")
async def get_card(card: Card):
    return show_card(card)


@account_routes.get("/{account_uuid}/cards/{card_uuid}/sensitive")
async def get_sensitive(card: Card):
    return {"cardNumber": card["number"], "cvv": "321", "expiryMonth": "04", "expiryYear": "2031", "cardHolder": None}


def move(card, body, sign):
    if body.currency != "USD" or card["status"] != "active":
        raise HTTPException(409, f"Card is {card['status']}")
    account = accounts[card["accountUuid"]]
    if (account if sign > 0 else card)["balance"] < body.amount:
        raise HTTPException(400, "Insufficient balance")
    account["balance"] -= sign * body.amount
    card["balance"] += sign * body.amount
    on_account = account_row(account["id"], "withdrawal" if sign > 0 else "payin", body.amount)
    on_card = card_row(card, "top_up" if sign > 0 else "withdrawal", body.amount)
    both = (on_account, on_card) if sign > 0 else (on_card, on_account)
    return {"cardUuid": card["id"], "status": None, "message": "Accepted", "amount": f"{body.amount:.2f}",
            "currency": "USD", "transactionId": None, "fromTransactionId": both[0], "toTransactionId": both[1]}


@account_routes.post("/{account_uuid}/cards/{card_uuid}/topup")
async def top_up(card: Card, body: Move):
    return move(card, body, 1)


@account_routes.post("/{account_uuid}/cards/{card_uuid}/withdraw")
async def withdraw(card: Card, body: Move):
    return move(card, body, -1)


def turn(card, states, state):
    if card["status"] not in states or state == "closed" and card["balance"]:
        raise HTTPException(409, f"Card is {card['status']}")
    card["status"], card["updatedAt"] = state, now()
    return Response(status_code=204)


@account_routes.post("/{account_uuid}/cards/{card_uuid}/freeze", status_code=204)
async def freeze(card: Card):
    return turn(card, ["active"], "frozen")


@account_routes.post("/{account_uuid}/cards/{card_uuid}/unfreeze", status_code=204)
async def unfreeze(card: Card):
    return turn(card, ["frozen"], "active")


@account_routes.post("/{account_uuid}/cards/{card_uuid}/close", status_code=204)
async def close(card: Card):
    return turn(card, ["active", "frozen"], "closed")


def chosen(rows, key, wanted, types, statuses, since, until, limit, offset):
    def fits(row):
        at = datetime.fromisoformat(row["createdAt"])
        return ((wanted is None or row[key] == wanted) and (not types or row["type"] in types.split(","))
                and (not statuses or row["status"] in statuses.split(","))
                and (since is None or at >= since) and (until is None or at <= until))
    return {"items": [row for row in rows if fits(row)][offset:offset + limit]}


@row_routes.get("/cards")
async def list_card_rows(cardUuid: str | None = None, types: str = "", statuses: str = "", dateFrom: datetime | None = None,
                         dateTo: datetime | None = None, limit: Limit = 100, offset: Offset = 0):
    return chosen(card_rows, "cardUuid", cardUuid, types, statuses, dateFrom, dateTo, limit, offset)


@row_routes.get("/accounts")
async def list_account_rows(accountUuid: str | None = None, types: str = "", statuses: str = "",
                            dateFrom: datetime | None = None, dateTo: datetime | None = None, limit: Limit = 100,
                            offset: Offset = 0):
    return chosen(account_rows, "accountUuid", accountUuid, types, statuses, dateFrom, dateTo, limit, offset)


@row_routes.get("/cards/{transaction_uuid}")
async def get_card_row(transaction_uuid: str):
    return found({row["id"]: row for row in card_rows}, transaction_uuid, "Transaction")


@row_routes.get("/accounts/{transaction_uuid}")
async def get_account_row(transaction_uuid: str):
    return found({row["id"]: row for row in account_rows}, transaction_uuid, "Transaction")


@hook_routes.get("/config")
async def get_hook():
    raise HTTPException(404, "Webhook is not configured")


@hook_routes.get("/events")
async def list_events(limit: Annotated[int, Query(ge=1, le=200)] = 50, offset: Offset = 0):
    return []


for routes in (account_routes, holder_routes, row_routes, hook_routes):
    app.include_router(routes, dependencies=[Depends(known_token)])


def seed():
    for place, name in enumerate(("Main", "Reserve")):
        key = str(uuid.uuid4())
        accounts[key] = {"id": key, "name": name, "balance": Decimal("1234.335096417") * (1 - place) + Decimal("0E-9"),
                         "createdAt": now(), "updatedAt": now()}
        account_row(key, "payin", accounts[key]["balance"] or Decimal(1))
    main = next(iter(accounts.values()))
    for at, (first, last) in enumerate((("Ada", "Byrne"), ("Grace", "Moss"), ("Zoë", "Hart"))):
        holder = NewHolder(cardOwnerId=f"emp-{at}", first_name=first, last_name=last, email=f"{first.lower()}@example.org")
        holders[holder.cardOwnerId] = holder
        for number in range(40):
            new = NewCard(name=f"Ads {at}-{number}", cardOwnerId=holder.cardOwnerId, cardType="virtual")
            card = make_card(main, new)
            card.update(status="active", balance=Decimal("25.00"))
            # Rows are put in front of those before them, so the last one is the newest.
            age = timedelta(minutes=120 - at * 40 - number)
            at_time = (datetime.now(UTC) - age).isoformat(timespec="seconds")
            card_row(card, "purchase", Decimal("9.99"), merchantName="Shop", merchantCategory="5734", createdAt=at_time)


def main():
    seed()
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}", "token": TOKEN}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
