// How near the index comes to a run over the whole set, whatever the order in which records arrive.
// Prints Markdown; not a test but with --quick, which fails where the index is on average more than
// a point of F1 below the run.
//
//   mpi_arrival_bench [--quick] [--orders N] [--set NAME] [--seed S] [--people N] [--data DIR]
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/people.h"
#include "tests/bench/mpi/arrival_orders_run.h"
#include "tests/bench/mpi/arrival_orders_sets.h"

namespace hie::bench {
namespace {

constexpr double kPoint = 0.01;
constexpr uint64_t kQuickPeople = 300;
constexpr size_t kQuickRecords = 500;
constexpr uint64_t kQuickOrders = 2;

struct Arguments {
  SetOptions sets;
  std::string only;  // Empty: all.
  uint64_t orders = 10;
  bool quick = false;
};

// The least, the mean and the greatest of what the orders gave.
struct Spread {
  double least = 1e9, sum = 0, greatest = -1e9;
  size_t count = 0;

  void Add(double value) {
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    sum += value;
    ++count;
  }
  double mean() const { return sum / static_cast<double>(count); }
};

struct Orders {
  Spread f1, precision, recall, agreement, ids, links;
};

absl::StatusOr<Orders> RunOrders(const LabelledSet& set, const mpi::Model& model,
                                 const OfflineResult& offline, uint64_t orders) {
  Orders result;
  for (uint64_t seed = 1; seed <= orders; ++seed) {
    const auto run =
        RegisterInOrder(set, model, ArrivalOrder(set.records.size(), seed), offline.cluster);
    if (!run.ok()) return run.status();
    result.f1.Add(run->pairs.f1());
    result.precision.Add(run->pairs.precision());
    result.recall.Add(run->pairs.recall());
    result.agreement.Add(run->against_offline.f1());
    result.ids.Add(static_cast<double>(run->ids_changed));
    result.links.Add(static_cast<double>(run->possible_links));
  }
  return result;
}

std::string Shares(const Spread& spread) {
  return absl::StrFormat("%.4f / %.4f / %.4f", spread.least, spread.mean(), spread.greatest);
}

void Print(const LabelledSet& set, const char* model, const OfflineResult& offline,
           const Orders& orders) {
  std::cout << absl::StrFormat(
                   "| %s | %s | %d | %.4f / %.4f / %.4f | %s | %.4f | %.4f | %.4f | %.0f - %.0f | "
                   "%.0f | %d |",
                   set.name, model, set.records.size(), offline.pairs.precision(),
                   offline.pairs.recall(), offline.pairs.f1(), Shares(orders.f1),
                   orders.precision.least, orders.recall.least, orders.agreement.mean(),
                   orders.ids.least, orders.ids.greatest, orders.links.mean(), offline.tasks)
            << std::endl;
}

// Returns false where the index is too far below the run, or fails.
bool Measure(const std::string& name, const Arguments& arguments) {
  const auto set = LoadLabelledSet(name, arguments.sets);
  if (!set.ok()) {
    std::cout << "| " << name << " | SKIPPED: " << set.status().message() << " |\n";
    return true;
  }
  const auto offline = LinkOffline(*set);
  if (!offline.ok()) {
    std::cerr << name << ": " << offline.status() << "\n";
    return false;
  }
  const auto fitted = RunOrders(*set, offline->model, *offline, arguments.orders);
  // The shipped model says how an index fares before anybody has trained one.
  const auto shipped = RunOrders(*set, mpi::DefaultModel(), *offline, 1);
  if (!fitted.ok() || !shipped.ok()) {
    std::cerr << name << ": " << (fitted.ok() ? shipped.status() : fitted.status()) << "\n";
    return false;
  }
  Print(*set, "fitted", *offline, *fitted);
  Print(*set, "shipped, one order", *offline, *shipped);
  return !arguments.quick || fitted->f1.mean() >= offline->pairs.f1() - kPoint;
}

bool ParseArguments(int count, char** values, Arguments& arguments) {
  const char* root = std::getenv("HIE_SOURCE_DIR");
  const std::string source = root == nullptr ? "." : root;
  arguments.sets.data = source + "/../shared/data/matching";
  arguments.sets.columns = source + "/tests/data/columns";
  arguments.sets.seed = region::kHeldOutSeed;
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (name == "--quick") {
      arguments.quick = true;
      arguments.orders = kQuickOrders;
      arguments.sets.people = kQuickPeople;
      arguments.sets.records_max = kQuickRecords;
      arguments.sets.seed = region::kTuningSeed;
      continue;
    }
    if (++i >= count) return false;
    const std::string value = values[i];
    if (name == "--data") {
      arguments.sets.data = value;
    } else if (name == "--set") {
      arguments.only = value;
    } else if (!(name == "--orders"   ? absl::SimpleAtoi(value, &arguments.orders)
                 : name == "--seed"   ? absl::SimpleAtoi(value, &arguments.sets.seed)
                 : name == "--people" ? absl::SimpleAtoi(value, &arguments.sets.people)
                                      : false)) {
      return false;
    }
  }
  return arguments.orders > 0;
}

int Main(int count, char** values) {
  Arguments arguments;
  if (!ParseArguments(count, values, arguments)) {
    std::cerr << "mpi_arrival_bench [--quick] [--orders N] [--set NAME] [--seed S] [--people N] "
                 "[--data DIR]\n";
    return 2;
  }
  std::cout << absl::StrFormat("%d orders of arrival, seeds 1 to %d; generator seed %d\n\n",
                               arguments.orders, arguments.orders, arguments.sets.seed)
            << "| set | model | records | offline P / R / F1 | online F1 least / mean / most | "
               "least P | least R | F1 against offline | ids changed | possible links | offline "
               "tasks |\n|---|---|---|---|---|---|---|---|---|---|---|\n";
  bool good = true;
  for (const std::string& name : LabelledSetNames()) {
    if (arguments.only.empty() || arguments.only == name) good = Measure(name, arguments) && good;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace hie::bench

int main(int count, char** values) { return hie::bench::Main(count, values); }
