#include "tests/support/ledger_machine.h"

#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/key_codec.h"

namespace hie::testing {
namespace {

constexpr absl::string_view kAccounts = "accounts";
constexpr absl::string_view kTransfers = "transfers";

struct Order {
  std::string id;
  std::string from;
  std::string to;
  uint32_t amount = 0;
};

struct Account {
  uint64_t version = 0;  // Transfers that it took part in.
  uint64_t balance = 0;
};

absl::StatusOr<Order> ParseOrder(absl::string_view command) {
  KeyReader reader(command);
  Order order;
  HIE_ASSIGN_OR_RETURN(order.id, reader.Text());
  HIE_ASSIGN_OR_RETURN(order.from, reader.Text());
  HIE_ASSIGN_OR_RETURN(order.to, reader.Text());
  HIE_ASSIGN_OR_RETURN(order.amount, reader.U32());
  return order;
}

std::string Encode(const Account& account) {
  return KeyWriter().U64(account.version).U64(account.balance).key();
}

absl::StatusOr<Account> Read(const KvReader& state, const std::string& name) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row, state.Get(kAccounts, name));
  Account account;
  if (!row.has_value()) return account;
  KeyReader reader(*row);
  HIE_ASSIGN_OR_RETURN(account.version, reader.U64());
  HIE_ASSIGN_OR_RETURN(account.balance, reader.U64());
  return account;
}

// What a transfer comes to: the accounts as they were and their new balances.
struct Settlement {
  uint64_t from_version = 0;
  uint64_t to_version = 0;
  uint64_t from_balance = 0;
  uint64_t to_balance = 0;
};

absl::StatusOr<Settlement> Settle(const Order& order, const Account& from, const Account& to) {
  if (!order.from.empty() && from.balance < order.amount) {
    return absl::FailedPreconditionError("amount: want at most the balance");
  }
  const bool to_itself = order.from == order.to;
  return Settlement{from.version, to.version, from.balance - (to_itself ? 0 : order.amount),
                    to.balance + (to_itself ? 0 : order.amount)};
}

std::string Encode(const Settlement& s) {
  return KeyWriter()
      .U64(s.from_version)
      .U64(s.to_version)
      .U64(s.from_balance)
      .U64(s.to_balance)
      .key();
}

// Returns the plan where it was made from these accounts.
std::optional<Settlement> Planned(absl::string_view plan, const Account& from, const Account& to) {
  KeyReader reader(plan);
  Settlement s;
  for (uint64_t* part : {&s.from_version, &s.to_version, &s.from_balance, &s.to_balance}) {
    const absl::StatusOr<uint64_t> number = reader.U64();
    if (!number.ok()) return std::nullopt;
    *part = *number;
  }
  if (s.from_version != from.version || s.to_version != to.version) return std::nullopt;
  return s;
}

}  // namespace

std::vector<std::string> LedgerMachine::Tables() {
  return {std::string(kAccounts), std::string(kTransfers), std::string(kJournalTable)};
}

std::string LedgerMachine::Transfer(const std::string& id, const std::string& from,
                                    const std::string& to, uint32_t amount) {
  return KeyWriter().Text(id).Text(from).Text(to).U32(amount).key();
}

absl::StatusOr<std::string> LedgerMachine::Prepare(absl::string_view command,
                                                   const KvReader& snapshot) const {
  HIE_ASSIGN_OR_RETURN(const Order order, ParseOrder(command));
  HIE_ASSIGN_OR_RETURN(const Account from, Read(snapshot, order.from));
  HIE_ASSIGN_OR_RETURN(const Account to, Read(snapshot, order.to));
  const absl::StatusOr<Settlement> settlement = Settle(order, from, to);
  // The balance may have grown when Apply runs: only Apply refuses.
  return settlement.ok() ? Encode(*settlement) : std::string();
}

absl::StatusOr<std::string> LedgerMachine::Apply(absl::string_view command, absl::string_view plan,
                                                 const Stamp& stamp, const KvReader& state,
                                                 WriteBatch& changes) const {
  HIE_ASSIGN_OR_RETURN(const Order order, ParseOrder(command));
  HIE_ASSIGN_OR_RETURN(const Account from, Read(state, order.from));
  HIE_ASSIGN_OR_RETURN(const Account to, Read(state, order.to));
  // Written before the checks, so that a refusal shows whether its changes are dropped.
  changes.Put(kTransfers, order.id, KeyWriter().U64(stamp.sequence).Time(stamp.time).key());
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> known, state.Get(kTransfers, order.id));
  if (known.has_value()) return absl::AlreadyExistsError("id: want a new one");
  std::optional<Settlement> settlement = Planned(plan, from, to);
  if (!settlement.has_value()) {
    HIE_ASSIGN_OR_RETURN(settlement, Settle(order, from, to));
  }
  if (!order.from.empty()) {
    changes.Put(kAccounts, order.from, Encode(Account{from.version + 1, settlement->from_balance}));
  }
  changes.Put(kAccounts, order.to, Encode(Account{to.version + 1, settlement->to_balance}));
  return order.id;
}

bool LedgerMachine::Has(const KvReader& state, const std::string& id) {
  const auto row = state.Get(kTransfers, id);
  return row.ok() && row->has_value();
}

}  // namespace hie::testing
