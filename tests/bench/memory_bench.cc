#include "tests/bench/memory_bench.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::bench {
namespace {

using exchange::v1::ExchangeService;

constexpr size_t kPartBytes = size_t{1} << 20;  // PutDocumentContentRequest.data
constexpr size_t kPatient = 90'000;             // Nobody else's number.
constexpr char kContentId[] = "00000000-0000-4000-8000-000000000200";
constexpr char kSmallContentId[] = "00000000-0000-4000-8000-000000000001";
constexpr absl::Duration kSettleTime = absl::Seconds(1);

// Resident memory of a process, MiB; 0: gone.
double ResidentMib(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib / 1024;
  }
  return 0;
}

struct IdleFigures {
  size_t connections = 0;
  double before = 0;
  double after = 0;
  absl::Duration opened_in;
};

// Connections that have asked once and are kept.
absl::StatusOr<IdleFigures> MeasureIdle(DoorRegion& region, size_t count, pid_t gateway) {
  HIE_ASSIGN_OR_RETURN(const int port, region.Port("https"));
  const std::string request = HttpText("GET", "/fhir/metadata", "", "");
  std::vector<std::unique_ptr<TlsClient>> clients;
  // The first one pays for what all share.
  HIE_ASSIGN_OR_RETURN(clients.emplace_back(), TlsClient::Dial(port, region.trust()));
  HIE_RETURN_IF_ERROR(clients.back()->Ask(request).status());
  IdleFigures figures;
  figures.connections = count;
  figures.before = ResidentMib(gateway);
  const absl::Time began = absl::Now();
  for (size_t i = 0; i < count; ++i) {
    HIE_ASSIGN_OR_RETURN(clients.emplace_back(), TlsClient::Dial(port, region.trust()));
    HIE_ASSIGN_OR_RETURN(const HttpAnswer answer, clients.back()->Ask(request));
    if (answer.status != 200) return absl::InternalError("idle: refused");
  }
  figures.opened_in = absl::Now() - began;
  absl::SleepFor(kSettleTime);
  figures.after = ResidentMib(gateway);
  return figures;
}

// Files a document of `parts` MiB with the exchange; returns its id.
absl::StatusOr<std::string> FileDocument(DoorRegion& region, const std::string& content_id,
                                         size_t parts) {
  exchange::v1::PutDocumentContentRequest part;
  part.set_content_id(content_id);
  part.mutable_patient()->set_assigning_authority(kNorthDomain);
  part.mutable_patient()->set_id(MakePatient(0, kPatient).id);
  std::string bytes(kPartBytes, 'd');
  crypto::Sha256Hasher hash;
  for (size_t i = 0; i < parts; ++i) {
    bytes[0] = static_cast<char>('a' + i % 26);
    hash.Update(bytes);
    part.set_offset(i * kPartBytes);
    part.set_data(bytes);
    part.set_last(i + 1 == parts);
    HIE_RETURN_IF_ERROR(region.north().Call<ExchangeService::PutDocumentContent>(part).status());
  }
  exchange::v1::SubmitDocumentsRequest request;
  *request.mutable_subject()->mutable_patient() = part.patient();
  registry::v1::DocumentEntry& entry = *request.add_documents()->mutable_entry();
  entry.set_unique_id(absl::StrCat("urn:uuid:", content_id));
  *entry.mutable_patient() = part.patient();
  entry.set_type_code("18842-5");
  entry.set_media_type("application/pdf");
  entry.set_size_bytes(parts * kPartBytes);
  entry.set_sha256(hash.Finish());
  entry.set_content_id(content_id);
  HIE_ASSIGN_OR_RETURN(const auto filed,
                       region.north().Call<ExchangeService::SubmitDocuments>(request));
  return filed.document_ids(0);
}

struct StreamFigures {
  size_t bytes = 0;
  double before = 0;
  double peak = 0;
  double registry_before = 0;
  double registry_peak = 0;
  absl::Duration time;
};

// Reads a document, and looks at the processes as it passes.
absl::StatusOr<StreamFigures> ReadDocument(DoorRegion& region, const std::string& id,
                                           const std::string& authorization) {
  const pid_t gateway = region.stack().Hied("gateway").pid();
  const pid_t registry = region.stack().Hied("registry").pid();
  HIE_ASSIGN_OR_RETURN(const int port, region.Port("https"));
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<TlsClient> client,
                       TlsClient::Dial(port, region.trust()));
  StreamFigures figures;
  figures.before = figures.peak = ResidentMib(gateway);
  figures.registry_before = figures.registry_peak = ResidentMib(registry);
  size_t looked = 0;
  const auto take = [&](absl::string_view part) {
    figures.bytes += part.size();
    if (figures.bytes < looked + kPartBytes) return;
    looked = figures.bytes;
    figures.peak = std::max(figures.peak, ResidentMib(gateway));
    figures.registry_peak = std::max(figures.registry_peak, ResidentMib(registry));
  };
  const absl::Time began = absl::Now();
  HIE_ASSIGN_OR_RETURN(const HttpAnswer answer,
                       client->AskInParts(HttpText("GET", absl::StrCat("/fhir/Binary/", id),
                                                   absl::StrCat("Authorization: ", authorization,
                                                                "\r\nAccept: application/pdf\r\n"),
                                                   ""),
                                          take));
  figures.time = absl::Now() - began;
  if (answer.status != 200) return absl::InternalError(absl::StrCat("ITI-68: ", answer.status));
  return figures;
}

absl::StatusOr<StreamFigures> MeasureStream(DoorRegion& region, size_t parts) {
  HIE_ASSIGN_OR_RETURN(const auto patients, region.Register(kPatient, 1));
  HIE_ASSIGN_OR_RETURN(const std::string small, FileDocument(region, kSmallContentId, 2));
  HIE_ASSIGN_OR_RETURN(const std::string large, FileDocument(region, kContentId, parts));
  HIE_ASSIGN_OR_RETURN(const std::string authorization,
                       region.Authorization(kQueryClient, "ITI-68"));
  // What any document needs, buffers of connections included, is not this one's.
  HIE_RETURN_IF_ERROR(ReadDocument(region, small, authorization).status());
  HIE_ASSIGN_OR_RETURN(StreamFigures figures, ReadDocument(region, large, authorization));
  if (figures.bytes == parts * kPartBytes) return figures;
  return absl::InternalError("ITI-68: the document is not whole");
}

}  // namespace

absl::StatusOr<Report> MeasureMemory(const BenchOptions& options, DoorRegion& region) {
  HIE_ASSIGN_OR_RETURN(const StreamFigures stream, MeasureStream(region, options.document_mib));
  HIE_ASSIGN_OR_RETURN(const IdleFigures idle, MeasureIdle(region, options.idle_connections,
                                                           region.stack().Hied("gateway").pid()));
  const double mib = static_cast<double>(stream.bytes) / kPartBytes;
  Report report;
  report.title = "Memory of the gateway's process";
  report.columns = {"what", "before, MiB", "at most, MiB", "growth, MiB", "aim"};
  report.rows = {
      {absl::StrCat(idle.connections, " idle keep-alive TLS connections"), Digits(idle.before),
       Digits(idle.after), Digits(idle.after - idle.before), "<= 200 MB"},
      {absl::StrCat("a document of ", Digits(mib), " MiB passes (ITI-68)"), Digits(stream.before),
       Digits(stream.peak), Digits(stream.peak - stream.before), "<= 4 MB"},
      {"the same, the registry that keeps it", Digits(stream.registry_before),
       Digits(stream.registry_peak), Digits(stream.registry_peak - stream.registry_before), "-"}};
  report.notes = {absl::StrCat(
      "Resident memory; a process for each role. Every connection has asked once; they were opened "
      "at ",
      Digits(static_cast<double>(idle.connections) / absl::ToDoubleSeconds(idle.opened_in)),
      "/s by one client. The document is kept by the exchange, unsealed, hashed and streamed at ",
      Digits(mib / absl::ToDoubleSeconds(stream.time)), " MiB/s to one client.")};
  return report;
}

}  // namespace hie::bench
