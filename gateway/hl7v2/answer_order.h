#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace hie::hl7v2 {

// Puts the answers of one connection into the order of its messages: commit acknowledgements among
// themselves, application acknowledgements among themselves, each after its own commit.
//
// Not thread-safe.
class AnswerOrder {
 public:
  // A message was received; returns its number, from 0.
  uint64_t Begin();

  // An answer to message `number` came; empty: none is sent.
  void Commit(uint64_t number, std::string answer);
  void Application(uint64_t number, std::string answer);

  // Takes the answers that may leave now, in order.
  std::vector<std::string> TakeReady();

  // Messages whose answers have not all left.
  size_t in_flight() const { return slots_.size(); }

 private:
  struct Slot {
    std::optional<std::string> commit;
    std::optional<std::string> application;
  };

  Slot* Find(uint64_t number);

  std::deque<Slot> slots_;
  uint64_t first_ = 0;    // Number of the first slot.
  size_t committed_ = 0;  // Slots from the first on whose commit has left.
};

}  // namespace hie::hl7v2
