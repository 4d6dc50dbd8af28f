#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/edge/edge_services.h"
#include "gateway/members/write_queue.h"
#include "hie/exchange/v1/patient_load_service.pb.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// A stream is open so long at most: what its token allowed is asked again then.
inline constexpr absl::Duration kLoadStreamTime = absl::Minutes(10);

// One stream of a bulk load: admits each line as the feed door does, has the index register it,
// files the claims of what the index took, and only then answers.
//
// Thread-safe; blocks nowhere.  Lives as long as somebody works for it, and counts as one call of
// `services` until then.
class LoadRelay : public std::enable_shared_from_this<LoadRelay> {
 public:
  using Writer = rpc::ServerWriter<exchange::v1::LoadPatientsResponse>;

  // `services` must outlive it; the caller has entered its calls.
  LoadRelay(EdgeServices& services, std::shared_ptr<rpc::CallContext> context, Writer writer);

  // Takes the client's next message; null: no more come.
  void Receive(const exchange::v1::LoadPatientsRequest* request) HIE_EXCLUDES(mutex_);
  // The client is gone.
  void Abandon() HIE_EXCLUDES(mutex_);

 private:
  // Leaves the calls of the services when everything else of the relay is gone.
  struct Entry {
    explicit Entry(EdgeServices& entered) : services(entered) {}
    ~Entry() { services.calls().Leave(); }
    EdgeServices& services;
  };
  // A line on its way: where its patient was seen.
  struct Line {
    uint64_t number = 0;
    common::v1::LocalPatient patient;
    std::string facility;
    std::string unit;
  };

  void Begin(const exchange::v1::BeginPatientLoad& begin);
  void Add(const exchange::v1::PatientLines& lines);
  // Admits a line; what is wrong with it is said in it.  Another error ends the stream.
  absl::StatusOr<mpi::v1::LoadLine> Admit(const exchange::v1::PatientLine& line, Line& kept) const;
  absl::Status Hold(std::vector<Line> lines) HIE_EXCLUDES(mutex_);
  void ToIndex(mpi::v1::LoadRecordsRequest request) HIE_EXCLUDES(mutex_);
  void ToClient(exchange::v1::LoadPatientsResponse response);

  bool OnIndex(const mpi::v1::LoadRecordsResponse& response) HIE_EXCLUDES(mutex_);
  void OnBegan(const mpi::v1::LoadBegan& began) HIE_EXCLUDES(mutex_);
  void OnIndexDone(const absl::Status& status) HIE_EXCLUDES(mutex_);
  // Files claims of what the index has answered, a group at a time.
  void ClaimNext() HIE_EXCLUDES(mutex_);
  void Claim(const std::vector<mpi::v1::LineResult>& results, const std::vector<Line>& lines);
  void OnClaimed(const absl::Status& claimed, exchange::v1::LoadPatientsResponse progress);
  void Finish(const absl::Status& status) HIE_EXCLUDES(mutex_);

  const Entry entry_;  // First: last to go.
  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const Writer writer_;
  const absl::Time opened_;
  const std::shared_ptr<members::WriteQueue> to_client_;
  const std::shared_ptr<members::WriteQueue> to_index_;

  Mutex mutex_;
  std::shared_ptr<rpc::ClientByteStream> index_ HIE_GUARDED_BY(mutex_);
  uint32_t window_lines_ HIE_GUARDED_BY(mutex_) = 0;                 // 0: not begun.
  std::deque<Line> lines_ HIE_GUARDED_BY(mutex_);                    // Not answered, in order.
  std::vector<mpi::v1::LineResult> results_ HIE_GUARDED_BY(mutex_);  // Not claimed, in order.
  std::optional<mpi::v1::Load> ended_ HIE_GUARDED_BY(mutex_);
  bool claiming_ HIE_GUARDED_BY(mutex_) = false;
  bool half_closed_ HIE_GUARDED_BY(mutex_) = false;
  bool index_done_ HIE_GUARDED_BY(mutex_) = false;
  bool finished_ HIE_GUARDED_BY(mutex_) = false;
};

}  // namespace hie::edge
