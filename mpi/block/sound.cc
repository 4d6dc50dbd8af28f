#include "mpi/block/sound.h"

namespace hie::mpi {
namespace {

constexpr size_t kCodeLength = 4;

// '0': vowel, separates equal codes.  '-': h and w, do not.
char CodeOf(char letter) {
  constexpr absl::string_view kCodes = "01230120022455012623010202";
  if (letter == 'h' || letter == 'w') return '-';
  return letter >= 'a' && letter <= 'z' ? kCodes[static_cast<size_t>(letter - 'a')] : '0';
}

}  // namespace

std::string SoundOf(absl::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return std::string(name);
  std::string sound(1, name[0]);
  char previous = CodeOf(name[0]);
  for (const char letter : name.substr(1)) {
    if (sound.size() == kCodeLength) break;
    const char code = CodeOf(letter);
    if (code == '-') continue;
    if (code != '0' && code != previous) sound += code;
    previous = code;
  }
  return sound;
}

}  // namespace hie::mpi
