#include "mpi/block/sound.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace hie::mpi {
namespace {

constexpr size_t kCodeLength = 4;

// '0': vowel, separates equal codes.  '-': h and w, do not.
char CodeOf(char letter) {
  constexpr absl::string_view kCodes = "01230120022455012623010202";
  if (letter == 'h' || letter == 'w') return '-';
  return letter >= 'a' && letter <= 'z' ? kCodes[static_cast<size_t>(letter - 'a')] : '0';
}

bool IsVowel(char letter) {
  return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u';
}

// Writes `to` over the beginning of `word` if it begins with `from`, of the same length.
bool Overwrite(absl::string_view from, absl::string_view to, size_t at, std::string& word) {
  if (absl::string_view(word).substr(at, from.size()) != from) return false;
  word.replace(at, to.size(), to.data(), to.size());
  return true;
}

void RewriteBeginning(std::string& word) {
  (void)(Overwrite("mac", "mcc", 0, word) || Overwrite("kn", "nn", 0, word) ||
         Overwrite("k", "c", 0, word) || Overwrite("ph", "ff", 0, word) ||
         Overwrite("pf", "ff", 0, word) || Overwrite("sch", "sss", 0, word));
}

void RewriteEnd(std::string& word) {
  const auto ends = [&](absl::string_view end) { return absl::EndsWith(word, end); };
  char last = 0;
  if (ends("ee") || ends("ie")) last = 'y';
  if (ends("dt") || ends("rt") || ends("rd") || ends("nt") || ends("nd")) last = 'd';
  if (last == 0) return;
  word.pop_back();
  word.back() = last;
}

// Rewrites the letter at `at`, which is not the first, and what belongs to it.
void RewriteLetter(size_t at, std::string& word) {
  const char letter = word[at];
  const char before = word[at - 1];
  const char next = at + 1 < word.size() ? word[at + 1] : ' ';
  if (Overwrite("ev", "af", at, word) || Overwrite("sch", "sss", at, word) ||
      Overwrite("ph", "ff", at, word) || Overwrite("kn", "nn", at, word)) {
    return;
  }
  if (IsVowel(letter)) {
    word[at] = 'a';
  } else if (letter == 'q') {
    word[at] = 'g';
  } else if (letter == 'z') {
    word[at] = 's';
  } else if (letter == 'm') {
    word[at] = 'n';
  } else if (letter == 'k') {
    word[at] = 'c';
  } else if ((letter == 'h' && (!IsVowel(before) || !IsVowel(next))) ||
             (letter == 'w' && IsVowel(before))) {
    word[at] = before;
  }
}

// What ends a code says nothing: plurals and open vowels.
void TrimCode(std::string& code) {
  if (code.size() > 1 && code.back() == 's') code.pop_back();
  if (code.size() > 2 && absl::EndsWith(code, "ay")) code.erase(code.size() - 2, 1);
  if (code.size() > 1 && code.back() == 'a') code.pop_back();
}

// A name in another script: cut between characters.
std::string OtherScript(absl::string_view name) {
  size_t end = std::min(name.size(), kPhoneticBytesMax);
  while (end > 0 && end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) {
    --end;
  }
  return std::string(name.substr(0, end));
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

std::string PhoneticOf(absl::string_view folded) {
  std::string word;
  for (const char letter : folded) {
    if (letter >= 'a' && letter <= 'z') word += letter;
  }
  if (word.empty()) return OtherScript(folded);
  RewriteBeginning(word);
  RewriteEnd(word);
  std::string code(1, word[0]);
  for (size_t at = 1; at < word.size(); ++at) {
    RewriteLetter(at, word);
    if (word[at] != word[at - 1]) code += word[at];
  }
  TrimCode(code);
  code.resize(std::min(code.size(), kPhoneticLettersMax));
  return code;
}

}  // namespace hie::mpi
