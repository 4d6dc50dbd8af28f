#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/clinical/audit_event.h"
#include "gateway/fhir/clinical/clinical_rows.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/patients/page_binding.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using audit::v1::AuditRecord;
using exchange::v1::ExchangeService;

constexpr uint32_t kReadAtOnce = 1'000;
constexpr int kReadsMax = 50;  // Of one page: 50,000 leaves looked at.

// An audited event, or not.
using AuditFilter = std::function<bool(const AuditRecord&)>;

// What a token parameter compares.
std::vector<std::string> TokensOf(const std::string& name, const AuditRecord& record) {
  const audit::v1::Leaf& leaf = record.leaf();
  const AuditCodes codes = CodesOf(record);
  if (name == "_id") return {absl::StrCat(leaf.sequence())};
  if (name == "action") return {codes.action};
  if (name == "outcome") return {codes.outcome};
  if (name == "purpose") return {codes.purpose};
  if (name == "type") return {codes.type};
  if (name == "subtype") return {codes.subtype};
  if (name == "agent" || name == "agent.identifier") {
    return {leaf.member(), leaf.user(), leaf.custodian()};
  }
  std::vector<std::string> ids(leaf.item_ids().begin(), leaf.item_ids().end());
  ids.insert(ids.end(), {leaf.request_id(), leaf.session_id(), leaf.decision_id()});
  for (const common::v1::LocalPatient& patient : record.patients()) ids.push_back(patient.id());
  return ids;
}

constexpr std::array<absl::string_view, 9> kTokenParameters = {
    "_id",     "action", "outcome",          "purpose",          "type",
    "subtype", "agent",  "agent.identifier", "entity.identifier"};

// One token term.  An organisation's home community stands for its member.
AuditFilter TokenFilter(const Call& call, const SearchTerm& term) {
  std::vector<std::string> wanted;
  for (const std::string& value : term.values) {
    const std::string code = ReadToken(value).code;
    wanted.push_back(code);
    const std::optional<std::string> oid = OidOf(code);
    for (const Member& member : call.directory().members()) {
      if (oid && member.home_community == *oid) wanted.push_back(member.id.value());
    }
  }
  return [name = term.name, wanted = std::move(wanted)](const AuditRecord& record) {
    for (const std::string& token : TokensOf(name, record)) {
      if (!token.empty() && std::find(wanted.begin(), wanted.end(), token) != wanted.end()) {
        return true;
      }
    }
    return false;
  };
}

class AuditSearching : public std::enable_shared_from_this<AuditSearching> {
 public:
  explicit AuditSearching(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    Reading<std::optional<NamedPatient>> patient = ReadPatientParameter(*call_);
    if (!patient.ok()) return call_->Fail(*std::move(patient.failure));
    patient_ = std::move(patient.value);
    if (auto failure = ReadFilters()) return call_->Fail(*std::move(failure));
    if (patient_ && patient_->nobody) return AnswerUnknownPatient(*call_, *patient_);
    if (patient_) *list_.mutable_subject() = patient_->subject;
    list_.set_limit(kReadAtOnce);
    if (auto failure = OpenPage()) return call_->Fail(*std::move(failure));
    Read();
  }

 private:
  std::optional<Failure> ReadFilters() {
    for (const SearchTerm& term : call_->query().terms) {
      const bool token = std::find(kTokenParameters.begin(), kTokenParameters.end(), term.name) !=
                         kTokenParameters.end();
      if (token) filters_.push_back(TokenFilter(*call_, term));
      if (term.name != "date") continue;
      if (auto failure = ReadDateTerm(term)) return failure;
    }
    return std::nullopt;
  }

  std::optional<Failure> ReadDateTerm(const SearchTerm& term) {
    std::vector<DateTerm> dates;
    for (const std::string& value : term.values) {
      const absl::StatusOr<DateTerm> date = ReadDate(value);
      if (!date.ok()) {
        return fhir::Fail(400, "value", "A FHIR date with an optional prefix is wanted.",
                          "http.date");
      }
      dates.push_back(*date);
    }
    NoteOldest(dates);
    filters_.push_back([dates](const AuditRecord& record) {
      const absl::Time when = absl::FromUnixMicros(record.leaf().time_micros());
      return std::any_of(dates.begin(), dates.end(), [when](const DateTerm& date) {
        return DateMatches(date, when, when + absl::Microseconds(1));
      });
    });
    return std::nullopt;
  }

  // The log's time never falls: what is older than every wanted range need not be read.
  void NoteOldest(const std::vector<DateTerm>& dates) {
    absl::Time oldest = absl::InfiniteFuture();
    for (const DateTerm& date : dates) {
      const bool bounded = date.prefix == DatePrefix::kEq || date.prefix == DatePrefix::kGe ||
                           date.prefix == DatePrefix::kGt || date.prefix == DatePrefix::kSa;
      oldest = std::min(oldest, bounded ? date.from : absl::InfinitePast());
    }
    oldest_ = std::max(oldest_, oldest);
  }

  // A page begins below the sequence at which the one before it ended.
  std::optional<Failure> OpenPage() {
    if (call_->query().page.empty()) return std::nullopt;
    const absl::StatusOr<FrozenPage> page =
        call_->services().pages->Open(PageBinding(*call_), call_->query().page);
    if (!page.ok()) return PageFailure(page.status());
    uint64_t below = 0;
    if (!absl::SimpleAtoi(page->subject, &below)) {
      return PageFailure(absl::InvalidArgumentError("page"));
    }
    list_.set_before_sequence(below);
    first_page_ = false;
    return std::nullopt;
  }

  size_t Wanted() const { return static_cast<size_t>(std::max(call_->query().count, 1)); }

  void Read() {
    call_->Ask<ExchangeService::ListAudit>(
        list_, [self = shared_from_this()](absl::StatusOr<exchange::v1::ListAuditResponse> listed) {
          if (self->patient_ && absl::IsNotFound(listed.status())) {
            return AnswerUnknownPatient(*self->call_, *self->patient_);
          }
          if (!listed.ok()) return self->call_->Fail(listed.status());
          self->Take(*std::move(listed));
        });
  }

  void Take(exchange::v1::ListAuditResponse listed) {
    for (AuditRecord& record : *listed.mutable_records()) {
      if (absl::FromUnixMicros(record.leaf().time_micros()) < oldest_) return Answer();
      list_.set_before_sequence(record.leaf().sequence());
      const bool fits =
          std::all_of(filters_.begin(), filters_.end(),
                      [&record](const AuditFilter& filter) { return filter(record); });
      if (!fits) continue;
      ++found_;
      if (call_->query().count_only) continue;
      // One more than the page holds tells that there is a next one, which is then not empty.
      if (records_.size() == Wanted()) {
        more_ = true;
        return Answer();
      }
      records_.push_back(std::move(record));
    }
    if (!listed.truncated() || listed.records().empty()) return Answer();
    if (++reads_ == kReadsMax) return call_->Fail(TooCostly());
    Read();
  }

  static Failure TooCostly() {
    return fhir::Fail(400, "too-costly", "Too much to look at: name a patient, or a narrower time.",
                      "http.date");
  }

  void Answer() {
    SearchSet set;
    for (const AuditRecord& record : records_) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("AuditEvent/", record.leaf().sequence()));
      entry.resource = AuditEventResource(*call_, record, patient_ ? patient_->eid : std::string());
      set.entries.push_back(std::move(entry));
    }
    // The whole number is known where everything was read.
    if (!more_ && first_page_) set.total = found_;
    if (more_) {
      const std::string below = absl::StrCat(records_.back().leaf().sequence());
      set.next_page =
          call_->services().pages->Freeze(PageBinding(*call_), below, {"this", "next"}, 1);
    }
    call_->Respond({.http_status = 200, .resource = SearchSetBundle(*call_, std::move(set))});
  }

  const std::shared_ptr<Call> call_;
  std::optional<NamedPatient> patient_;
  std::vector<AuditFilter> filters_;
  absl::Time oldest_ = absl::InfinitePast();
  exchange::v1::ListAuditRequest list_;
  std::vector<AuditRecord> records_;
  size_t found_ = 0;
  int reads_ = 0;
  bool first_page_ = true;
  bool more_ = false;
};

Interaction Row(http::Method method, std::string path) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = std::move(path);
  row.resource = "AuditEvent";
  row.parameters = {{"patient", ParameterType::kReference},
                    {"patient.identifier", ParameterType::kToken},
                    {"date", ParameterType::kDate}};
  for (const absl::string_view name : kTokenParameters) {
    row.parameters.push_back({name, ParameterType::kToken});
  }
  row.access = Access::kPatientData;
  row.scopes = {{"AuditEvent", 's', "ITI-81"}};
  row.run = [](std::shared_ptr<Call> call) {
    std::make_shared<AuditSearching>(std::move(call))->Run();
  };
  return row;
}

}  // namespace

std::vector<Interaction> AuditEventRows() {
  return {Row(http::Method::kGet, "/AuditEvent"), Row(http::Method::kPost, "/AuditEvent/_search")};
}

}  // namespace hie::fhir
