#include "mpi/normalize/nicknames.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_split.h"

namespace hie::mpi {
namespace {

// The commonest given names of both sexes and recent decades.
constexpr absl::string_view kCommonGiven =
    "james john robert michael william david richard joseph thomas charles christopher daniel "
    "matthew anthony mark donald steven paul andrew joshua kenneth kevin brian george timothy "
    "ronald edward jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott "
    "brandon benjamin samuel gregory alexander frank patrick raymond jack dennis jerry tyler aaron "
    "jose adam nathan henry douglas zachary peter kyle ethan walter noah jeremy christian keith "
    "roger terry austin sean gerald carl dylan harold jordan jesse bryan lawrence arthur gabriel "
    "bruce logan billy joe alan juan elijah willie albert wayne randy mason vincent liam roy ralph "
    "bobby russell bradley philip eugene jayden hayden aiden brayden caden luis carlos mary "
    "patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty sandra "
    "margaret ashley kimberly emily donna michelle carol amanda melissa deborah stephanie rebecca "
    "sharon laura cynthia dorothy amy kathleen angela shirley emma brenda pamela nicole anna "
    "samantha katherine christine debra rachel carolyn janet maria olivia heather helen catherine "
    "diane julie victoria joyce lauren kelly christina ruth joan virginia judith evelyn hannah "
    "andrea megan cheryl jacqueline madison teresa abigail sophia martha sara gloria janice "
    "kathryn "
    "ann isabella judy charlotte julia grace amber alice jean denise frances danielle marilyn "
    "natalie beverly diana brittany theresa kayla alexis doris lori tiffany mia mya maya ava eva "
    "ella ellie bella stella lily lilly marie mariah marian marion jane jean june joan dana dina "
    "tina nina gina erin erica eric aaron darren karen karin kristen kirsten jaden kaden dean sean "
    "shaun jon ron don dan ian";

constexpr absl::string_view kCommonFamily =
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez "
    "gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris "
    "sanchez clark ramirez lewis robinson walker young allen king wright scott torres nguyen hill "
    "flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips "
    "evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers "
    "gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson "
    "watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo "
    "sanders patel myers long ross foster jimenez";

using Groups = std::array<uint8_t, kNicknameGroupsMax>;
using WordList = absl::flat_hash_set<absl::string_view>;

struct Nickname {
  Groups groups = {};
  absl::string_view root;
};

void AddGroup(uint8_t number, absl::string_view group,
              absl::flat_hash_map<absl::string_view, Nickname>& index) {
  const absl::string_view root = group.substr(0, group.find(' '));
  for (const absl::string_view name : absl::StrSplit(group, ' ')) {
    Nickname& entry = index[name];
    const auto free = std::find(entry.groups.begin(), entry.groups.end(), 0);
    if (free != entry.groups.end()) *free = number;
    if (entry.root.empty() || name == root) entry.root = root;
  }
}

// Made from the table by the first who asks; it never changes.
const absl::flat_hash_map<absl::string_view, Nickname>& NicknameIndex() {
  static const auto* const index = [] {
    auto* made = new absl::flat_hash_map<absl::string_view, Nickname>();
    uint8_t number = 0;
    for (const absl::string_view group : NicknameTable()) AddGroup(++number, group, *made);
    return made;
  }();
  return *index;
}

WordList* MakeList(absl::string_view words) {
  return new WordList(absl::StrSplit(words, ' ', absl::SkipEmpty()));
}

}  // namespace

Groups NicknameGroups(absl::string_view folded) {
  const auto& index = NicknameIndex();
  const auto found = index.find(folded);
  return found == index.end() ? Groups{} : found->second.groups;
}

bool ShareNicknameGroup(absl::string_view a, absl::string_view b) {
  if (a == b) return true;
  const Groups of_a = NicknameGroups(a);
  if (of_a[0] == 0) return false;
  const Groups of_b = NicknameGroups(b);
  return std::any_of(of_a.begin(), of_a.end(), [&](uint8_t group) {
    return group != 0 && std::find(of_b.begin(), of_b.end(), group) != of_b.end();
  });
}

absl::string_view NicknameRoot(absl::string_view name) {
  const auto& index = NicknameIndex();
  const auto found = index.find(name);
  return found == index.end() ? name : found->second.root;
}

std::vector<absl::string_view> CommonGivenNames() {
  return absl::StrSplit(kCommonGiven, ' ', absl::SkipEmpty());
}

std::vector<absl::string_view> CommonFamilyNames() {
  return absl::StrSplit(kCommonFamily, ' ', absl::SkipEmpty());
}

bool IsCommonGivenName(absl::string_view name) {
  static const WordList* const list = MakeList(kCommonGiven);
  return list->contains(name);
}

bool IsCommonFamilyName(absl::string_view name) {
  static const WordList* const list = MakeList(kCommonFamily);
  return list->contains(name);
}

}  // namespace hie::mpi
