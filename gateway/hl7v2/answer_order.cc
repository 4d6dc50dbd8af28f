#include "gateway/hl7v2/answer_order.h"

#include <utility>

namespace hie::hl7v2 {

uint64_t AnswerOrder::Begin() {
  slots_.emplace_back();
  return first_ + slots_.size() - 1;
}

AnswerOrder::Slot* AnswerOrder::Find(uint64_t number) {
  if (number < first_ || number - first_ >= slots_.size()) return nullptr;
  return &slots_[number - first_];
}

void AnswerOrder::Commit(uint64_t number, std::string answer) {
  if (Slot* slot = Find(number)) slot->commit = std::move(answer);
}

void AnswerOrder::Application(uint64_t number, std::string answer) {
  if (Slot* slot = Find(number)) slot->application = std::move(answer);
}

std::vector<std::string> AnswerOrder::TakeReady() {
  std::vector<std::string> ready;
  const auto take = [&ready](std::string& answer) {
    if (!answer.empty()) ready.push_back(std::move(answer));
  };
  while (committed_ < slots_.size() && slots_[committed_].commit) {
    take(*slots_[committed_].commit);
    ++committed_;
  }
  while (committed_ > 0 && slots_.front().application) {
    take(*slots_.front().application);
    slots_.pop_front();
    ++first_;
    --committed_;
  }
  return ready;
}

}  // namespace hie::hl7v2
