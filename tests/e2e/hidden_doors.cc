#include "tests/e2e/hidden_doors.h"

#include <regex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace hie::testing {
namespace {

constexpr absl::Duration kAsyncTime = absl::Seconds(30);
constexpr absl::Duration kPoll = absl::Milliseconds(50);

const std::pair<std::string, std::string> kForm = {"Content-Type",
                                                   "application/x-www-form-urlencoded"};
const std::pair<std::string, std::string> kJson = {"Content-Type", "application/fhir+json"};
const std::pair<std::string, std::string> kLines = {"Accept", "application/x-ndjson"};
const std::pair<std::string, std::string> kEvents = {"Accept", "text/event-stream"};
const std::pair<std::string, std::string> kXml = {"Accept", "application/fhir+xml"};
const std::pair<std::string, std::string> kAsync = {"Prefer", "respond-async"};

constexpr char kMatch[] = R"({"resourceType":"Parameters","parameter":[
{"name":"resource","resource":{"resourceType":"Patient","name":[{"family":"$FAMILY",
"given":["$GIVEN"]}],"gender":"female","birthDate":"$BIRTH",
"address":[{"line":["17 $FAMILY Rd"],"city":"Northfield","postalCode":"40217"}]}},
{"name":"onlyCertainMatches","valueBoolean":$CERTAIN}]})";

using Header = std::pair<std::string, std::string>;

class Doors {
 public:
  std::vector<HiddenDoor> Take() { return std::move(doors_); }

  HiddenDoor& Get(const std::string& name, const std::string& target,
                  std::vector<Header> headers = {}) {
    return Add(name, {"GET", target, std::move(headers), ""});
  }
  HiddenDoor& Head(const std::string& name, const std::string& target) {
    return Add(name + " HEAD", {"HEAD", target, {}, ""});
  }
  HiddenDoor& Post(const std::string& name, const std::string& target, const Header& type,
                   const std::string& body) {
    return Add(name, {"POST", target, {type}, body});
  }
  // By GET, HEAD and POST.
  void Search(const std::string& name, const std::string& type, const std::string& query,
              Asker asker = Asker::kSystem, Contrast contrast = Contrast::kExpected) {
    const size_t first = doors_.size();
    Get(name, absl::StrCat("/", type, "?", query));
    Head(name, absl::StrCat("/", type, "?", query));
    Post(name + " POST", absl::StrCat("/", type, "/_search"), kForm, query);
    for (size_t i = first; i < doors_.size(); ++i) {
      doors_[i].asker = asker;
      doors_[i].contrast = contrast;
    }
    // What is shown of a HEAD may be the same length.
    doors_[first + 1].contrast = Contrast::kNone;
  }

 private:
  HiddenDoor& Add(const std::string& name, DoorRequest request) {
    doors_.push_back({name, std::move(request)});
    return doors_.back();
  }

  std::vector<HiddenDoor> doors_;
};

void AddPatients(Doors& doors) {
  doors.Get("Patient read", "/Patient/$EID");
  doors.Head("Patient read", "/Patient/$EID");
  doors.Get("Patient read XML", "/Patient/$EID", {kXml});
  doors.Get("Patient read If-None-Match", "/Patient/$EID", {{"If-None-Match", "*"}});
  doors.Search("Patient by _id", "Patient", "_id=$EID");
  doors.Search("Patient by identifier", "Patient", "identifier=$SYSTEM%7C$MRN");
  doors.Search("Patient by demographics", "Patient", "family=$FAMILY&birthdate=$BIRTH");
  doors.Get("Patient by demographics, counted",
            "/Patient?family=$FAMILY&birthdate=$BIRTH&_summary=count");
  doors.Get("Patient by identifier XML", "/Patient?identifier=$SYSTEM%7C$MRN", {kXml});
  for (const char* certain : {"true", "false"}) {
    doors.Post(absl::StrCat("$match, only certain ", certain), "/Patient/$match", kJson,
               absl::StrReplaceAll(kMatch, {{"$CERTAIN", certain}}));
  }
  const std::string pix = "/Patient/$ihe-pix?sourceIdentifier=$SYSTEM%7C$MRN";
  doors.Get("$ihe-pix", pix);
  doors.Head("$ihe-pix", pix);
  doors.Get("$ihe-pix to lakes", pix + "&targetSystem=urn:oid:2.999.2.1").contrast =
      Contrast::kExpected;
  doors.Post("$ihe-pix POST", "/Patient/$ihe-pix", kJson,
             R"({"resourceType":"Parameters","parameter":[{"name":"sourceIdentifier",)"
             R"("valueString":"$SYSTEM|$MRN"}]})");
  doors.Get("$ihe-pix of an own id",
            "/Patient/$ihe-pix?sourceIdentifier=$BASE%7CPatient/$EID&"
            "targetSystem=urn:oid:2.999.1.1");
}

void AddDocuments(Doors& doors) {
  for (const char* type : {"DocumentReference", "List"}) {
    const std::string more =
        type == std::string("List") ? "&code=submissionset&status=current" : "&status=current";
    doors.Search(absl::StrCat(type, " by EID"), type, "patient=Patient/$EID" + more);
    doors.Search(absl::StrCat(type, " by identifier"), type,
                 "patient.identifier=$SYSTEM%7C$MRN" + more);
    doors.Get(absl::StrCat(type, " XML"), absl::StrCat("/", type, "?patient=Patient/$EID", more),
              {kXml});
  }
  const std::string search = "/DocumentReference?patient=Patient/$EID&status=current";
  doors.Get("DocumentReference NDJSON", search, {kLines});
  doors.Get("DocumentReference events", search, {kEvents});
  doors.Get("DocumentReference async", search, {kAsync});
  doors.Get("DocumentReference by identifier NDJSON",
            "/DocumentReference?patient.identifier=$SYSTEM%7C$MRN&status=current", {kLines});
  doors.Get("DocumentReference counted", search + "&_summary=count");
  doors.Get("List async", "/List?patient=Patient/$EID&code=submissionset&status=current", {kAsync});
  for (const auto& [name, path] :
       {std::pair<std::string, std::string>{"DocumentReference read", "/DocumentReference/$DOC"},
        {"List read", "/List/$LIST"},
        {"Binary", "/Binary/$BIN"}}) {
    doors.Get(name, path);
    doors.Head(name, path);
    doors.Get(name + " If-None-Match", path, {{"If-None-Match", "*"}});
  }
  doors.Get("Binary text", "/Binary/$BIN", {{"Accept", "text/plain"}});
  doors.Get("Binary range", "/Binary/$BIN", {{"Range", "bytes=0-9"}});
  doors.Get("Binary range beyond", "/Binary/$BIN", {{"Range", "bytes=900000-"}});
  doors.Get("DocumentReference read XML", "/DocumentReference/$DOC", {kXml});
}

// lakes has no item of north's patients, and reads no directive of theirs: what may be seen looks
// like nothing, too.
void AddClinical(Doors& doors) {
  const std::string everything = "/Patient/$EID/$everything";
  doors.Get("$everything", everything);
  doors.Head("$everything", everything);
  doors.Get("$everything NDJSON", everything, {kLines});
  doors.Get("$everything async", everything, {kAsync});
  for (const char* type :
       {"AllergyIntolerance", "Condition", "DiagnosticReport", "Encounter", "Immunization",
        "MedicationRequest", "MedicationStatement", "Observation", "Procedure"}) {
    doors.Search(absl::StrCat(type, " by EID"), type, "patient=Patient/$EID", Asker::kSystem,
                 Contrast::kNone);
    doors.Search(absl::StrCat(type, " by identifier"), type, "patient.identifier=$SYSTEM%7C$MRN",
                 Asker::kSystem, Contrast::kNone);
  }
  doors.Get("Condition NDJSON", "/Condition?patient=Patient/$EID", {kLines}).contrast =
      Contrast::kNone;
  doors.Get("Condition async", "/Condition?patient=Patient/$EID", {kAsync}).contrast =
      Contrast::kNone;
  for (const char* type : {"Consent", "AuditEvent"}) {
    doors.Search(absl::StrCat(type, " by EID"), type, "patient=Patient/$EID", Asker::kOfficer,
                 Contrast::kNone);
    doors.Search(absl::StrCat(type, " by identifier"), type, "patient.identifier=$SYSTEM%7C$MRN",
                 Asker::kOfficer, Contrast::kNone);
  }
  doors.Search("Consent by a physician", "Consent", "patient=Patient/$EID", Asker::kPhysician,
               Contrast::kNone);
}

}  // namespace

std::vector<HiddenDoor> HiddenDoors() {
  Doors doors;
  AddPatients(doors);
  AddDocuments(doors);
  AddClinical(doors);
  std::vector<HiddenDoor> all = doors.Take();
  // The questions that matter most, by a person, too.
  const size_t systems = all.size();
  for (size_t i = 0; i < systems; ++i) {
    if (all[i].asker != Asker::kSystem || all[i].request.method == "HEAD") continue;
    if (absl::StrContains(all[i].name, " by EID") || absl::StrContains(all[i].name, "read") ||
        all[i].name == "$everything" || all[i].name == "Binary") {
      HiddenDoor door = all[i];
      door.asker = Asker::kPhysician;
      door.name += ", physician";
      all.push_back(std::move(door));
    }
  }
  return all;
}

namespace {

bool Names(const HiddenDoor& door, absl::string_view placeholder) {
  return absl::StrContains(door.request.target, placeholder) ||
         absl::StrContains(door.request.body, placeholder);
}

}  // namespace

bool NamesThePerson(const HiddenDoor& door) {
  return Names(door, "$EID") || Names(door, "$FAMILY");
}

bool NamesContent(const HiddenDoor& door) {
  return Names(door, "$DOC") || Names(door, "$LIST") || Names(door, "$BIN");
}

std::string FillIn(std::string text, const PersonValues& values) {
  for (const auto& [placeholder, value] : values) {
    text = absl::StrReplaceAll(text, {{placeholder, value}});
  }
  return text;
}

DoorRequest FillIn(DoorRequest request, const PersonValues& values) {
  request.target = FillIn(std::move(request.target), values);
  request.body = FillIn(std::move(request.body), values);
  return request;
}

std::string Neutral(std::string text, const PersonValues& values) {
  for (const char* placeholder :
       {"$DOC", "$LIST", "$BIN", "$EID", "$MRN", "$FAMILY", "$GIVEN", "$BIRTH"}) {
    const auto value = values.find(placeholder);
    if (value == values.end() || value->second.empty()) continue;
    text = absl::StrReplaceAll(text, {{value->second, placeholder}});
  }
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  static const std::regex time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)");
  static const std::regex micros("_micros: [0-9]+");
  static const std::regex trace("[0-9a-f]{32}-[0-9a-f]{16}|dur=[0-9.]+");
  static const std::regex made("(hie-query-status/|_page=)[A-Za-z0-9_-]+");
  // A match's score follows how frequent the names are.
  static const std::regex score("\"score\":[0-9.]+");
  // A person's version is where the index's log stood at their last change: another for everybody.
  static const std::regex version("(W/\"|\"versionId\":\"|<versionId value=\"|version: )[0-9]+");
  text = std::regex_replace(text, uuid, "<uuid>");
  text = std::regex_replace(text, time, "<time>");
  text = std::regex_replace(text, trace, "<trace>");
  text = std::regex_replace(text, score, "\"score\":<score>");
  text = std::regex_replace(text, made, "$1<made>");
  text = std::regex_replace(text, version, "$1<version>");
  return std::regex_replace(text, micros, "_micros: <time>");
}

std::string Seen(const DoorAnswer& answer, const PersonValues& values) {
  std::string text = absl::StrCat("HTTP ", answer.status, "\n");
  for (const auto& [name, value] : answer.headers) {
    const bool own = name == "Date" || name == "X-Request-Id";
    absl::StrAppend(&text, name, ": ", own ? "<own>" : value, "\n");
  }
  return Neutral(absl::StrCat(text, "\n", answer.body), values);
}

absl::StatusOr<DoorAnswer> AskToTheEnd(const DoorClient& client, const DoorRequest& request) {
  absl::StatusOr<DoorAnswer> accepted = client.Ask(request);
  if (!accepted.ok() || accepted->status != 202) return accepted;
  const std::string location = accepted->Header("Content-Location");
  const size_t path = location.find("/$hie-query-status/");
  if (path == std::string::npos) return absl::InternalError("202 without a Content-Location");
  for (const absl::Time end = absl::Now() + kAsyncTime; absl::Now() < end; absl::SleepFor(kPoll)) {
    absl::StatusOr<DoorAnswer> answer = client.Ask({"GET", location.substr(path), {}, ""});
    if (!answer.ok()) return answer;
    if (answer->status == 202) continue;
    for (auto& header : accepted->headers) answer->headers.push_back(std::move(header));
    return answer;
  }
  return absl::DeadlineExceededError("the asynchronous answer does not come");
}

}  // namespace hie::testing
