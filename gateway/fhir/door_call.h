#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "gateway/fhir/answer_writer.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/call_reading.h"

namespace hie::fhir {

// A call of the door: what was read of one HTTP request, answered over HTTP, or kept for a poll.
//
// Dropped unanswered, it answers 500.  A second answer is ignored.
class DoorCall final : public Call {
 public:
  DoorCall(const FhirServices& services, const Interaction& interaction,
           std::shared_ptr<http::Exchange> exchange, absl::Time begun);
  ~DoorCall() override;

  void SetCaller(auth::ApiCaller caller) { caller_ = std::move(caller); }
  void SetId(std::string id) { id_ = std::move(id); }
  void SetWishes(const Wishes& wishes);
  void SetReading(RequestReading reading);
  // Takes the directory as it is now and makes the context; what was set before counts.
  void Begin();

  // Prefer: respond-async.
  bool later_wanted() const { return later_wanted_; }
  // The answer is kept under this id of AsyncAnswers.
  void AnswerLater(std::string async_id);
  // The answer is kept for repetitions under this key.
  void RememberUnder(std::string idempotency_key) { key_ = std::move(idempotency_key); }

  // Answers over HTTP whatever AnswerLater said: the 202.
  void RespondNow(Answer answer);

  using Call::Fail;
  void Respond(Answer answer) override;
  void Fail(Failure failure) override;
  std::shared_ptr<http::BodyWriter> Stream(int status, http::Headers headers,
                                           std::optional<uint64_t> length) override;

  // The answer that an earlier request had.
  void Replay(const http::Response& response);

 private:
  // False: it has been answered.
  bool Claim() { return !answered_.exchange(true); }
  AnswerFrame Frame() const;
  void Send(http::Response response);

  const absl::Time begun_;
  bool later_wanted_ = false;
  std::string async_id_;
  std::string key_;
  std::atomic<bool> answered_ = false;
};

}  // namespace hie::fhir
