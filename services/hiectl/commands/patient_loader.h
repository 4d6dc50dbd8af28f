#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/members/write_queue.h"
#include "hie/exchange/v1/patient_load_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/channel.h"
#include "services/hiectl/commands/patient_input.h"
#include "services/hiectl/session.h"

namespace hie::ctl {

// Loads an input through the gateway.  A stream that breaks is opened again and goes on behind what
// is durable, until the load has ended or nothing has moved for a while.  For one thread.
class PatientLoader {
 public:
  struct Options {
    Session* session = nullptr;     // Must outlive the loader.
    PatientInput* input = nullptr;  // Must outlive the loader.
    std::string load_id;
    // Streams in a row that come to nothing, and the wait between them at most.
    int tries = 12;
    absl::Duration wait_max = absl::Seconds(10);
    // Told after which line the load goes on, then how many lines are answered.
    std::function<void(uint64_t line)> on_resumed = nullptr;
    std::function<void(uint64_t line)> on_progress = nullptr;
    // Told why a stream broke, before the next is opened.
    std::function<void(const absl::Status&)> on_broken = nullptr;
  };
  explicit PatientLoader(Options options) : options_(std::move(options)) {}

  // Loads everything.  Errors are those of PatientLoadService; UNAVAILABLE after the last try.
  absl::StatusOr<mpi::v1::Load> Run();

 private:
  class Stream;

  // One stream, to its end.  Sets `load` where the load ended.
  absl::Status RunStream(std::optional<mpi::v1::Load>& load);
  // Sends what is not applied, as the window allows, until all of it is answered.
  absl::Status SendLines(Stream& stream, const exchange::v1::PatientLoadBegan& began);
  absl::StatusOr<exchange::v1::LoadPatientsRequest> NextChunk(uint64_t lines_max);
  void Answered(uint64_t line);

  const Options options_;
  uint64_t answered_ = 0;  // Lines, over all streams.
};

}  // namespace hie::ctl
