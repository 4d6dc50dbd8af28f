#include "gateway/edge/place_check.h"

#include <utility>

#include "gateway/exchange/batch.h"
#include "gateway/exchange/places.h"
#include "gateway/exchange/query_wire.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::Batch;
using exchange::Undecided;

absl::Status Unknown() { return absl::NotFoundError("subject: unknown"); }

struct Check {
  std::shared_ptr<rpc::CallContext> context;
  Actor asker;
  std::shared_ptr<const exchange::DirectoryView> view;
  LocalPatient patient;
  exchange::Person person;
  std::function<void(absl::Status)> next;
};

void Decide(EdgeServices& services, const std::shared_ptr<const Check>& check,
            const exchange::Located& located) {
  const MemberId& caller = check->asker.member;
  const auto holdings =
      exchange::FindHoldings(check->person, located.locators, *check->view, caller);
  auto batch = Batch<Undecided>::Gather(
      exchange::BatchKind::kBegin, {caller, exchange::CertainPatients(check->person)},
      exchange::GatherPlaces(holdings, located.locators, *check->view));
  if (!batch.ok()) return check->next(batch.status());
  if (batch->empty()) return check->next(Unknown());
  const exchange::action::DecideBatch wanted{0, exchange::DecisionAction::kLocate,
                                             exchange::CertainPatients(check->person),
                                             check->person.possible, batch->Subjects()};
  const auto held = std::make_shared<Batch<Undecided>>(*std::move(batch));
  CallRole<consent::v1::ConsentService::Decide>(
      *services.roles().consent, "consent", *check->context,
      exchange::ToProto(wanted, {check->asker, ""}),
      [check, held, caller](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return check->next(response.status());
        const auto decided = std::move(*held).Decide(exchange::FromProto(*response));
        const bool named =
            exchange::MayBeNamed(check->patient, decided.PermittedPlaces(), *check->view, caller);
        check->next(named ? absl::OkStatus() : Unknown());
      });
}

}  // namespace

void CheckPlace(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const LocalPatient& patient, const exchange::Person& person,
                std::function<void(absl::Status)> next) {
  const Actor& caller = context->caller().actor;
  CheckPlace(services, context, caller, patient, person, std::move(next));
}

void CheckPlace(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const Actor& asker, const LocalPatient& patient, const exchange::Person& person,
                std::function<void(absl::Status)> next) {
  auto view = services.View();
  if (!view.ok()) return next(view.status());
  registry::v1::FindRequest find;
  for (const exchange::Record& record : person.records) {
    *find.add_patients() = wire::ToProto(record.patient);
  }
  find.set_current_only(true);
  find.set_limit(1);
  const auto check = std::make_shared<const Check>(
      Check{std::move(context), asker, *std::move(view), patient, person, std::move(next)});
  CallRole<registry::v1::RegistryService::Find>(
      *services.roles().registry, "the registry", *check->context, find,
      [&services, check](absl::StatusOr<registry::v1::FindResponse> response) {
        if (!response.ok()) return check->next(response.status());
        const absl::StatusOr<exchange::Located> located = exchange::FromProto(*response);
        if (!located.ok()) {
          return check->next(absl::UnavailableError("the registry answers in another shape"));
        }
        Decide(services, check, *located);
      });
}

}  // namespace hie::edge
