// IdentityService.GetGoldenView.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_steward.h"
#include "gateway/edge/person_release.h"
#include "gateway/edge/subject.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::MpiService;

constexpr absl::string_view kIdentifierField = "identifier ";

// A record number of another member in somebody's demographics names that member: only the ids that
// were decided over may do so.
void DropRecordNumbers(const exchange::DirectoryView& view,
                       mpi::v1::GetGoldenViewResponse& golden) {
  const auto is_domain = [&view](absl::string_view system) {
    return view.OwnerOf(absl::StripPrefix(system, "urn:oid:")) != nullptr;
  };
  auto& identifiers = *golden.mutable_demographics()->mutable_identifiers();
  for (int i = identifiers.size(); i-- > 0;) {
    if (is_domain(identifiers[i].system())) identifiers.DeleteSubrange(i, 1);
  }
  auto& fields = *golden.mutable_fields();
  for (int i = fields.size(); i-- > 0;) {
    absl::string_view system = fields[i].field();
    if (absl::ConsumePrefix(&system, kIdentifierField) && is_domain(system)) {
      fields.DeleteSubrange(i, 1);
    }
  }
}

// One view on its way.
struct Viewing {
  std::shared_ptr<const exchange::DirectoryView> view;
  absl::Status unknown;  // What is told where nothing may be seen.
  mpi::v1::GetGoldenViewResponse golden;
  bool shown = false;
};

// Reads the view over what may be seen, before the release is on record.
void ReadGolden(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                const std::shared_ptr<Viewing>& viewing, const VisiblePerson& visible,
                std::function<void(absl::Status)> next) {
  mpi::v1::GetGoldenViewRequest request;
  request.set_eid(visible.person->eid.value());
  for (const exchange::Record* record : visible.records) {
    *request.add_visible() = wire::ToProto(record->patient);
  }
  CallRole<MpiService::GetGoldenView>(
      *services.roles().mpi, kPatientIndex, *context, request,
      [viewing, next = std::move(next)](absl::StatusOr<mpi::v1::GetGoldenViewResponse> golden) {
        // Nothing that is in use may be seen: as if nobody were there.
        if (absl::IsNotFound(golden.status())) return next(absl::OkStatus());
        if (!golden.ok()) return next(golden.status());
        viewing->golden = *std::move(golden);
        DropRecordNumbers(*viewing->view, viewing->golden);
        next(absl::OkStatus());
      });
}

void Release(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
             const std::shared_ptr<Viewing>& viewing, exchange::Person person,
             Answer<exchange::v1::GetGoldenViewResponse> answer) {
  PersonRelease::Options options{context, viewing->view, "golden-view", false, {}};
  options.persons.push_back(std::move(person));
  options.prepare = [&services, context, viewing](const VisiblePerson& visible,
                                                  std::function<void(absl::Status)> next) {
    ReadGolden(services, context, viewing, visible, std::move(next));
  };
  PersonRelease::Start(
      services, std::move(options),
      [viewing](const VisiblePerson&) -> std::optional<std::string> {
        viewing->shown = !viewing->golden.fields().empty();
        if (!viewing->shown) return std::nullopt;
        return viewing->golden.SerializeAsString();
      },
      [viewing, answer = std::move(answer)](const absl::Status& status) {
        if (!status.ok()) return answer(status);
        if (!viewing->shown) return answer(viewing->unknown);
        exchange::v1::GetGoldenViewResponse response;
        *response.mutable_view() = std::move(viewing->golden);
        answer(std::move(response));
      });
}

}  // namespace

void GetGoldenView(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                   const exchange::v1::GetGoldenViewRequest& request,
                   Answer<exchange::v1::GetGoldenViewResponse> answer) {
  auto view = services.View();
  if (!view.ok()) return answer(view.status());
  const auto viewing = std::make_shared<Viewing>(
      Viewing{*std::move(view), UnknownPerson(request.subject()), {}, false});
  ResolveSubject(services, context, request.subject(), IdScope::kOwnMember,
                 [&services, context, viewing,
                  answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                   if (!person.ok()) return answer(person.status());
                   Release(services, context, viewing, *std::move(person), answer);
                 });
}

}  // namespace hie::edge
