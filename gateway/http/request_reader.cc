#include "gateway/http/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "absl/strings/match.h"

namespace hie::http {
namespace {

namespace beast = boost::beast::http;

std::optional<Method> MethodOf(beast::verb verb) {
  switch (verb) {
    case beast::verb::get:
      return Method::kGet;
    case beast::verb::head:
      return Method::kHead;
    case beast::verb::post:
      return Method::kPost;
    case beast::verb::put:
      return Method::kPut;
    case beast::verb::patch:
      return Method::kPatch;
    case beast::verb::delete_:
      return Method::kDelete;
    case beast::verb::options:
      return Method::kOptions;
    default:
      return std::nullopt;
  }
}

int StatusOf(const boost::system::error_code& error) {
  if (error == beast::error::header_limit) return 431;
  if (error == beast::error::body_limit) return 413;
  if (error == beast::error::bad_version) return 505;
  return 400;
}

}  // namespace

struct RequestReader::Parser : beast::request_parser<beast::string_body> {};

RequestReader::RequestReader(const ReaderLimits& limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

RequestReader::State RequestReader::Feed(absl::string_view bytes) {
  input_.append(bytes.data(), bytes.size());
  return Advance();
}

RequestReader::State RequestReader::Refuse(int status) {
  refusal_status_ = status;
  parser_.reset();
  chunks_.reset();
  input_.clear();
  return state_ = State::kRefused;
}

RequestReader::State RequestReader::Advance() {
  if (state_ == State::kRequest || state_ == State::kRefused) return state_;
  if (state_ == State::kIdle) {
    // Empty lines before a request are skipped (RFC 9112 section 2.2).
    input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
    if (input_.empty()) return state_;
    parser_ = std::make_unique<Parser>();
    parser_->header_limit(limits_.header_bytes_max);
    parser_->body_limit(limits_.body_bytes_max);
    state_ = State::kHeader;
  }
  while (!chunks_ && !parser_->is_done() && !input_.empty()) {
    boost::system::error_code error;
    const size_t used = parser_->put(boost::asio::buffer(input_), error);
    input_.erase(0, used);
    if (error == beast::error::need_more) {
      if (input_.size() > limits_.header_bytes_max) return Refuse(431);
      break;
    }
    if (error) return Refuse(StatusOf(error));
    if (state_ == State::kHeader && parser_->is_header_done()) {
      if (HeaderDone() == State::kRefused) return state_;
    }
    if (used == 0) break;
  }
  if (chunks_) return AdvanceChunks();
  return parser_->is_done() ? RequestDone() : state_;
}

RequestReader::State RequestReader::AdvanceChunks() {
  input_.erase(0, chunks_->Feed(input_));
  switch (chunks_->state()) {
    case ChunkedBody::State::kMore:
      return state_;
    case ChunkedBody::State::kDone:
      return RequestDone();
    case ChunkedBody::State::kBad:
      return Refuse(400);
    case ChunkedBody::State::kTooLarge:
      return Refuse(413);
  }
  return state_;
}

RequestReader::State RequestReader::HeaderDone() {
  const auto& request = parser_->get();
  if (request.target().size() > limits_.target_bytes_max) return Refuse(414);
  if (!MethodOf(request.method())) return Refuse(501);
  if (request.version() < 10 || request.version() > 11) return Refuse(505);
  const auto hosts = request.equal_range(beast::field::host);
  // One Host field, no more (RFC 9112 section 3.2): two could be read differently on the way.
  const auto count = std::distance(hosts.first, hosts.second);
  if (request.version() == 11 ? count != 1 : count > 1) return Refuse(400);
  // Two framings at once are how requests are smuggled (section 6.1), and so is a coding behind
  // which the body's end is not known: "chunked" alone is one (section 6.3).
  if (request.count(beast::field::transfer_encoding) > 0) {
    const auto coding = request[beast::field::transfer_encoding];
    const bool chunked =
        request.count(beast::field::transfer_encoding) == 1 &&
        absl::EqualsIgnoreCase(absl::string_view(coding.data(), coding.size()), "chunked");
    const bool framed_twice = request.count(beast::field::content_length) > 0;
    if (!chunked || framed_twice || request.version() == 10) return Refuse(400);
  }
  if (request.target().empty() || (request.target().front() != '/' && request.target() != "*")) {
    return Refuse(400);
  }
  const auto expect = request[beast::field::expect];
  continue_wanted_ =
      absl::EqualsIgnoreCase(absl::string_view(expect.data(), expect.size()), "100-continue");
  if (request.count(beast::field::transfer_encoding) > 0) chunks_.emplace(limits_.body_bytes_max);
  return state_ = State::kBody;
}

RequestReader::State RequestReader::RequestDone() {
  keep_alive_ = parser_->keep_alive();
  return state_ = State::kRequest;
}

size_t RequestReader::held() const {
  return input_.size() + (parser_ ? parser_->get().body().size() : 0) +
         (chunks_ ? chunks_->size() : 0);
}

bool RequestReader::TakeContinue() {
  return state_ == State::kBody && std::exchange(continue_wanted_, false);
}

Request RequestReader::Take() {
  beast::request<beast::string_body> parsed = parser_->release();
  Request request;
  request.method = *MethodOf(parsed.method());
  const auto target = parsed.target();
  const size_t question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (question != target.npos) request.query = std::string(target.substr(question + 1));
  for (const auto& field : parsed) {
    const auto name = field.name_string();
    const auto value = field.value();
    request.headers.Add({name.data(), name.size()}, {value.data(), value.size()});
  }
  request.body = chunks_ ? std::move(*chunks_).Take() : std::move(parsed.body());
  chunks_.reset();
  parser_.reset();
  continue_wanted_ = false;
  state_ = State::kIdle;
  input_.shrink_to_fit();
  Advance();
  return request;
}

}  // namespace hie::http
