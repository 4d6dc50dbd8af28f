#pragma once

#include <functional>
#include <string>
#include <vector>

// What can happen to the files of a role while it is down.
namespace hie::testing {

// One way to damage a role's state.
struct Damage {
  std::string name;
  std::string role;                                       // That must refuse.
  std::function<void(const std::string& state)> inflict;  // On the exchange's state folder.
};

// Every damage to every role that must keep the exchange from starting: the write-ahead log of its
// store truncated, deleted or bit-flipped, its mark deleted or bit-flipped, its store deleted; the
// same for the audit's segments and for the keys of its patients.
std::vector<Damage> AllDamages();

// Copies a state folder; zeros at the end of preallocated files become holes.
void CopyState(const std::string& from, const std::string& to);

}  // namespace hie::testing
