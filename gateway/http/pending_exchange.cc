#include "gateway/http/pending_exchange.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <utility>

namespace hie::http {
namespace {

template <typename Task>
void Post(const std::shared_ptr<Connection>& connection, Task task) {
  if (!connection->shared()->stopped) boost::asio::post(connection->loop(), std::move(task));
}

class PendingBody final : public BodyWriter {
 public:
  PendingBody(std::shared_ptr<Connection> connection, std::shared_ptr<Slot> slot)
      : connection_(std::move(connection)), slot_(std::move(slot)) {}
  ~PendingBody() override { Abort(); }

  void Write(std::string part, std::function<void(bool)> done) override {
    Post(connection_, [connection = connection_, slot = slot_, part = std::move(part),
                       done = std::move(done)]() mutable {
      connection->AddPart(slot, std::move(part), std::move(done));
    });
  }
  void End() override {
    if (over_.exchange(true)) return;
    Post(connection_, [connection = connection_, slot = slot_] { connection->EndStream(slot); });
  }
  void Abort() override {
    if (over_.exchange(true)) return;
    Post(connection_, [connection = connection_, slot = slot_] { connection->AbortStream(slot); });
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<Slot> slot_;
  std::atomic<bool> over_ = false;
};

class PendingExchange final : public Exchange {
 public:
  PendingExchange(std::shared_ptr<Connection> connection, std::shared_ptr<Slot> slot)
      : connection_(std::move(connection)), slot_(std::move(slot)) {}
  ~PendingExchange() override {
    if (answered_) return;
    const auto& refusal = connection_->shared()->refusal;
    constexpr int kServerError = 500;
    Respond(refusal ? refusal(kServerError) : Response{kServerError, {}, ""});
  }

  const Request& request() const override { return slot_->request; }

  void Respond(Response response) override {
    if (answered_.exchange(true)) return;
    Post(connection_,
         [connection = connection_, slot = slot_, response = std::move(response)]() mutable {
           connection->Answer(slot, std::move(response));
         });
  }

  std::shared_ptr<BodyWriter> Stream(int status, Headers headers,
                                     std::optional<uint64_t> length) override {
    auto body = std::make_shared<PendingBody>(connection_, slot_);
    if (answered_.exchange(true)) return body;
    Post(connection_, [connection = connection_, slot = slot_, status, headers = std::move(headers),
                       length] { connection->BeginStream(slot, status, headers, length); });
    return body;
  }

  void WhenGone(std::function<void()> then) override {
    Post(connection_, [connection = connection_, slot = slot_, then = std::move(then)]() mutable {
      connection->OnGone(slot, std::move(then));
    });
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<Slot> slot_;
  std::atomic<bool> answered_ = false;
};

}  // namespace

std::shared_ptr<Exchange> MakeExchange(std::shared_ptr<Connection> connection,
                                       std::shared_ptr<Slot> slot) {
  return std::make_shared<PendingExchange>(std::move(connection), std::move(slot));
}

}  // namespace hie::http
