#include "mpi/normalize/nicknames.h"

#include <algorithm>
#include <array>

namespace hie::mpi {
namespace {

// One group per line, padded with blanks; the root first.
constexpr absl::string_view kGroups[] = {
    " abigail abby gail ",
    " albert al bert ",
    " alexander alex sasha xander alec ",
    " alexandra alex sasha sandra lexi ",
    " alfred al fred ",
    " amanda mandy ",
    " andrew andy drew ",
    " angela angie ",
    " anthony tony antonio ",
    " barbara barb babs ",
    " benjamin ben benny ",
    " catherine kate cathy katie kathy katherine kathryn catalina ",
    " charles charlie chuck carlos ",
    " christina chris tina christine christy kristina kristine ",
    " christopher chris topher kit ",
    " cynthia cindy ",
    " daniel dan danny ",
    " david dave davey ",
    " deborah deb debbie debra ",
    " dolores lola ",
    " donald don donny ",
    " dorothy dot dottie ",
    " edward ed eddie ted ned eduardo ",
    " eleanor ellie nora elena ",
    " elizabeth liz beth betty eliza lisa betsy libby ",
    " emily em emmy ",
    " eugene gene ",
    " florence flo ",
    " frances fran fanny francis frankie ",
    " francis frank francisco frances ",
    " frederick fred freddy rick ",
    " gabriel gabe ",
    " gerald gerry jerry ",
    " gregory greg ",
    " guadalupe lupe ",
    " harold hal harry ",
    " helen nell lena ",
    " henry hank harry ",
    " ignacio nacho ",
    " isabella bella isabel izzy ",
    " jacob jake ",
    " jacqueline jackie ",
    " james jim jimmy jamie jaime ",
    " janet jan ",
    " jeffrey jeff geoffrey geoff ",
    " jennifer jen jenny ",
    " jesus chuy ",
    " jessica jess jessie ",
    " john jack johnny jon juan ",
    " jonathan jon john ",
    " jose pepe joseph ",
    " joseph joe joey ",
    " joshua josh ",
    " judith judy ",
    " kenneth ken kenny ",
    " kimberly kim ",
    " lawrence larry laurence ",
    " leonard leo len lenny ",
    " louis lou luis ",
    " madeline maddie ",
    " margaret maggie meg peggy marge rita greta ",
    " maria mary marie mia ",
    " mary molly polly marie maria ",
    " matthew matt matteo ",
    " michael mike mick mickey miguel ",
    " michelle shelly ",
    " nancy nan ",
    " nathaniel nate nathan nat ",
    " nicholas nick nicky nico ",
    " olivia liv livvy ",
    " pamela pam ",
    " patricia pat patty trish tricia ",
    " patrick pat paddy rick ",
    " peter pete pedro ",
    " philip phil phillip ",
    " priscilla cilla ",
    " rachel rae ",
    " raymond ray ",
    " rebecca becky becca ",
    " richard rich rick dick ricky ricardo ",
    " robert rob bob bobby bert roberto robby ",
    " ronald ron ronny ",
    " rosemary rose rosie ",
    " samuel sam sammy ",
    " samantha sam sammy ",
    " sandra sandy ",
    " sarah sally sara ",
    " stephanie steph ",
    " stephen steve steven stevie esteban ",
    " susan sue susie suzanne susanna ",
    " theodore ted theo teddy ",
    " theresa terry tess teresa ",
    " thomas tom tommy tomas ",
    " timothy tim timmy ",
    " victoria vicky tori ",
    " vincent vince vinny ",
    " virginia ginny ",
    " walter walt wally ",
    " william bill will billy willy liam guillermo ",
    " zachary zach zack ",
};

// The commonest given names of both sexes and recent decades, in one string for one search.
constexpr absl::string_view kCommonGiven =
    " james john robert michael william david richard joseph thomas charles christopher daniel "
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
    "shaun jon ron don dan ian ";

constexpr absl::string_view kCommonFamily =
    " smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez "
    "gonzalez wilson anderson thomas taylor moore jackson martin lee perez thompson white harris "
    "sanchez clark ramirez lewis robinson walker young allen king wright scott torres nguyen hill "
    "flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips "
    "evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers "
    "gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson "
    "watson brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo "
    "sanders patel myers long ross foster jimenez ";

// `list` holds blank-padded words; a word is found with its blanks.
bool ListHolds(absl::string_view list, absl::string_view word) {
  if (word.empty()) return false;
  for (size_t at = list.find(word); at != absl::string_view::npos; at = list.find(word, at + 1)) {
    if (list[at - 1] == ' ' && list[at + word.size()] == ' ') return true;
  }
  return false;
}

}  // namespace

bool ShareNicknameGroup(absl::string_view a, absl::string_view b) {
  if (a == b) return true;
  return std::any_of(std::begin(kGroups), std::end(kGroups), [&](absl::string_view group) {
    return ListHolds(group, a) && ListHolds(group, b);
  });
}

absl::string_view NicknameRoot(absl::string_view name) {
  for (const absl::string_view group : kGroups) {
    if (ListHolds(group, name)) return group.substr(1, group.find(' ', 1) - 1);
  }
  return name;
}

bool IsCommonGivenName(absl::string_view name) { return ListHolds(kCommonGiven, name); }

bool IsCommonFamilyName(absl::string_view name) { return ListHolds(kCommonFamily, name); }

}  // namespace hie::mpi
