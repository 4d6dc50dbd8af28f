#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "gateway/exchange/member_port.h"
#include "gateway/exchange/query_reducer.h"
#include "gateway/exchange/query_wire.h"
#include "gateway/exchange/scheduler.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"

namespace hie::exchange {

// What an outcome leaf, written after the stream has ended, may take.
inline constexpr absl::Duration kClosingTime = absl::Seconds(5);

// What queries run on.  Everything must live until every query called its `done`.
struct QueryServices {
  std::shared_ptr<rpc::Channel> mpi;
  std::shared_ptr<rpc::Channel> registry;
  std::shared_ptr<rpc::Channel> consent;
  std::shared_ptr<rpc::Channel> audit;
  MemberPort* members = nullptr;
  Scheduler* scheduler = nullptr;
  Executor* executor = nullptr;
  const Clock* clock = nullptr;
  // Tells consent of what broken glass opened, until it is told; returns at once.
  std::function<void(rpc::CallOptions, consent::v1::NoteDisclosureRequest)> note_disclosure;
};

// Runs one query: carries the reducer's actions out and tells it what came of them.
//
// Events form a strand: one step at a time, on the executor, never on a thread of RPC, in the order
// they came; no thread waits.  Lives until the stream is over and its audit is closed; then `done`
// is called, once, and `services` is not touched any more.
class QueryDriver : public std::enable_shared_from_this<QueryDriver> {
 public:
  static void Start(const QueryServices& services, Query query,
                    std::shared_ptr<rpc::CallContext> context,
                    rpc::ServerWriter<v1::QueryResponse> writer, std::function<void()> done);

 private:
  QueryDriver(const QueryServices& services, Query query, std::shared_ptr<rpc::CallContext> context,
              rpc::ServerWriter<v1::QueryResponse> writer, std::function<void()> done);

  void Post(QueryEvent event) HIE_EXCLUDES(mutex_);
  void Drain() HIE_EXCLUDES(mutex_);
  void Close() HIE_EXCLUDES(mutex_);

  void Do(const action::ResolvePerson& action);
  void Do(const action::SearchPersons& action);
  void Do(const action::LocateRecords& action);
  void Do(const action::DecideBatch& action);
  void Do(const action::AppendEvents& action);
  void Do(const action::ConfirmLinks& action);
  void Do(const action::ConfirmConsent& action);
  void Do(const action::AskMember& action);
  void Do(const action::CancelQuestion& action);
  void Do(const action::WriteBatch& action);
  void Do(const action::WriteOutcome& action);
  void Do(const action::WriteEnd& action);
  void Do(const action::NoteDisclosure& action);
  void Do(const action::SetTimer& action);
  void Do(const action::Finish& action);

  void WriteMessage(const v1::QueryResponse& response);
  // Calls a role within the budget; cancelled when the stream ends.
  template <typename Method>
  void Call(rpc::Channel& channel, const typename Method::Request& request,
            std::function<QueryEvent(absl::StatusOr<typename Method::Response>)> to_event);
  rpc::CallOptions CallWithin(absl::Time deadline) const;

  const QueryServices services_;
  const Asker asker_;
  const std::shared_ptr<const DirectoryView> directory_;
  const absl::Time deadline_;
  const std::shared_ptr<rpc::CallContext> context_;
  const rpc::ServerWriter<v1::QueryResponse> writer_;

  Mutex mutex_;
  std::deque<QueryEvent> events_ HIE_GUARDED_BY(mutex_);
  // Itself, until it is done: while members are silent nobody else holds it.
  std::shared_ptr<QueryDriver> self_ HIE_GUARDED_BY(mutex_);
  bool draining_ HIE_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, std::shared_ptr<rpc::CallHandle>> calls_ HIE_GUARDED_BY(mutex_);

  // Below: of the strand alone.
  QueryReducer reducer_;
  std::map<QuestionNumber, std::shared_ptr<MemberCall>> questions_;
  uint64_t last_call_ = 0;
  bool over_ = false;
  std::function<void()> done_;
};

}  // namespace hie::exchange
