#include "services/hiectl/region/given_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hie::region {
namespace {

using absl::string_view;

// Favourites, most frequent first, of the births before 1940, of the 1940s, ... of the 2020s.
constexpr string_view kGirls[] = {
    "Mary Betty Barbara Shirley Dorothy Patricia Joan Margaret Nancy Helen Carol Joyce Doris Ruth "
    "Virginia Elizabeth Jean Frances Beverly Lois Alice Donna Martha Dolores Janet Phyllis Norma "
    "Marilyn Evelyn Gloria Anna Marie Ruby Peggy Louise Rose Bonnie Judith Marjorie Ann Jane "
    "Thelma "
    "Mildred Lillian Florence Edna Irene Geraldine Lucille",
    "Mary Linda Barbara Patricia Carol Sandra Nancy Sharon Judith Susan Betty Carolyn Margaret "
    "Shirley Judy Karen Donna Kathleen Joyce Dorothy Janet Diane Janice Joan Elizabeth Brenda "
    "Gloria "
    "Virginia Marilyn Martha Beverly Helen Bonnie Ruth Frances Jean Ann Phyllis Pamela Jane Alice "
    "Peggy Cheryl Doris Catherine Elaine Cynthia Marie Rose Connie",
    "Mary Linda Patricia Susan Deborah Barbara Debra Karen Nancy Donna Cynthia Sandra Pamela "
    "Sharon "
    "Kathleen Carol Diane Brenda Cheryl Janet Elizabeth Kathy Margaret Janice Carolyn Denise Judy "
    "Rebecca Joyce Teresa Christine Catherine Shirley Judith Betty Beverly Lisa Dorothy Theresa "
    "Gloria Connie Gail Joan Ann Peggy Bonnie Martha Wanda Jane Paula",
    "Lisa Mary Susan Karen Kimberly Patricia Linda Donna Michelle Cynthia Sandra Deborah Tammy "
    "Pamela Lori Laura Elizabeth Julie Brenda Jennifer Barbara Angela Sharon Debra Teresa Nancy "
    "Christine Cheryl Denise Kelly Tina Kathleen Melissa Robin Amy Diane Dawn Carol Tracy Kathy "
    "Rebecca Theresa Kim Rhonda Stephanie Cindy Janet Wendy Maria Michele",
    "Jennifer Amy Melissa Michelle Kimberly Lisa Angela Heather Stephanie Nicole Jessica Elizabeth "
    "Rebecca Kelly Mary Christina Amanda Julie Sarah Laura Shannon Christine Tammy Tracy Karen "
    "Dawn "
    "Susan Andrea Tina Patricia Cynthia Lori Rachel April Maria Wendy Crystal Stacy Erin Jamie "
    "Carrie Tiffany Tara Monica Danielle Stacey Pamela Tonya Sandra Erica",
    "Jessica Jennifer Amanda Ashley Sarah Stephanie Melissa Nicole Elizabeth Heather Tiffany "
    "Michelle "
    "Amber Megan Amy Rachel Kimberly Christina Lauren Crystal Brittany Rebecca Laura Danielle "
    "Emily "
    "Samantha Angela Erin Kelly Sara Lisa Katherine Andrea Jamie Mary Erica Courtney Kristen "
    "Shannon "
    "April Katie Lindsey Kristin Lindsay Christine Alicia Vanessa Maria Kathryn Allison",
    "Jessica Ashley Emily Sarah Samantha Amanda Brittany Elizabeth Taylor Megan Hannah Kayla "
    "Lauren "
    "Stephanie Rachel Jennifer Nicole Alexis Victoria Amber Alyssa Courtney Rebecca Danielle "
    "Jasmine "
    "Brianna Katherine Alexandra Madison Morgan Melissa Michelle Kelsey Chelsea Anna Kimberly "
    "Tiffany "
    "Olivia Mary Christina Allison Abigail Sara Shelby Heather Haley Maria Kaitlyn Laura Erin",
    "Emily Madison Emma Olivia Hannah Abigail Isabella Samantha Elizabeth Ashley Alexis Sarah "
    "Sophia "
    "Alyssa Grace Ava Taylor Brianna Lauren Chloe Natalie Kayla Jessica Anna Victoria Mia Hailey "
    "Sydney Jasmine Julia Morgan Destiny Rachel Ella Kaitlyn Megan Katherine Savannah Jennifer "
    "Alexandra Allison Haley Maria Kaylee Lily Makayla Brooke Mackenzie Nicole Addison",
    "Emma Olivia Sophia Isabella Ava Mia Abigail Emily Charlotte Madison Elizabeth Amelia Evelyn "
    "Ella "
    "Chloe Harper Avery Sofia Grace Addison Victoria Lily Natalie Aubrey Lillian Zoey Hannah Layla "
    "Brooklyn Scarlett Zoe Camila Samantha Riley Leah Aria Savannah Audrey Anna Allison Gabriella "
    "Hailey Claire Penelope Aaliyah Sarah Nevaeh Kaylee Stella Mila",
    "Olivia Emma Charlotte Amelia Sophia Ava Isabella Mia Evelyn Luna Harper Camila Sofia Scarlett "
    "Elizabeth Eleanor Emily Chloe Mila Violet Penelope Gianna Aria Abigail Ella Avery Hazel Nora "
    "Layla Lily Aurora Nova Ellie Madison Grace Isla Willow Zoe Riley Stella Eliana Ivy Victoria "
    "Emilia Zoey Naomi Hannah Lucy Elena Lillian"};
constexpr string_view kBoys[] = {
    "Robert James John William Richard Charles Donald George Thomas Joseph David Edward Ronald "
    "Paul "
    "Kenneth Frank Raymond Jack Harold Billy Gerald Walter Jerry Joe Eugene Henry Carl Arthur "
    "Ralph "
    "Albert Willie Lawrence Roger Larry Bobby Jimmy Fred Harry Howard Roy Norman Clarence Louis "
    "Ernest Earl Gene Stanley Daniel Francis Leonard",
    "James Robert John William Richard David Charles Thomas Michael Ronald Larry Donald Joseph "
    "Gary "
    "George Kenneth Paul Edward Jerry Dennis Frank Daniel Raymond Roger Stephen Gerald Walter "
    "Harold "
    "Steven Douglas Lawrence Terry Wayne Arthur Jack Carl Henry Willie Bruce Joe Peter Billy Roy "
    "Ralph Anthony Jimmy Albert Bobby Eugene Johnny",
    "James Michael Robert John David William Richard Thomas Mark Charles Steven Gary Joseph Donald "
    "Ronald Kenneth Paul Larry Daniel Stephen Dennis Timothy Edward Jeffrey George Gregory Kevin "
    "Douglas Terry Anthony Jerry Bruce Randy Brian Frank Scott Roger Raymond Peter Patrick Keith "
    "Lawrence Wayne Danny Alan Gerald Ricky Carl Christopher Dale",
    "Michael David John James Robert Mark William Richard Thomas Jeffrey Steven Joseph Timothy "
    "Kevin "
    "Scott Brian Charles Paul Daniel Christopher Kenneth Anthony Gregory Ronald Donald Gary "
    "Stephen "
    "Eric Edward Douglas Todd Patrick George Keith Larry Matthew Terry Andrew Dennis Randy Jerry "
    "Peter Frank Craig Raymond Jeff Bruce Rodney Mike Roger",
    "Michael Christopher Jason David James John Robert Brian William Matthew Joseph Daniel Kevin "
    "Eric "
    "Jeffrey Richard Scott Mark Steven Thomas Timothy Anthony Charles Jeremy Joshua Ryan Paul "
    "Andrew "
    "Gregory Chad Kenneth Jonathan Stephen Shawn Aaron Adam Patrick Justin Sean Edward Todd Donald "
    "Ronald Benjamin Keith Bryan Gary Jose Nathan Douglas",
    "Michael Christopher Matthew Joshua David James Daniel Robert John Joseph Jason Justin Andrew "
    "Ryan William Brian Brandon Jonathan Nicholas Anthony Eric Adam Kevin Thomas Steven Timothy "
    "Richard Jeremy Jeffrey Kyle Benjamin Aaron Charles Mark Jacob Stephen Patrick Scott Nathan "
    "Paul "
    "Sean Travis Zachary Dustin Gregory Kenneth Jose Tyler Jesse Alexander",
    "Michael Christopher Matthew Joshua Jacob Nicholas Andrew Daniel Tyler Joseph Brandon David "
    "James "
    "Ryan John Zachary Justin William Anthony Robert Jonathan Austin Alexander Kyle Kevin Thomas "
    "Cody Jordan Eric Benjamin Aaron Christian Samuel Dylan Steven Brian Jose Timothy Nathan Adam "
    "Richard Patrick Charles Sean Jason Cameron Jeremy Mark Stephen Jesse",
    "Jacob Michael Joshua Matthew Daniel Christopher Andrew Ethan Joseph William Anthony David "
    "Alexander Nicholas Ryan Tyler James John Jonathan Noah Brandon Christian Dylan Samuel "
    "Benjamin "
    "Nathan Zachary Logan Justin Gabriel Jose Austin Kevin Elijah Caleb Robert Thomas Jordan "
    "Cameron "
    "Jack Hunter Jackson Angel Isaiah Evan Isaac Luke Mason Jason Jayden",
    "Noah Liam Jacob William Mason Ethan Michael Alexander James Elijah Benjamin Daniel Aiden "
    "Logan "
    "Jayden Matthew Lucas David Jackson Joseph Anthony Samuel Joshua Gabriel Andrew John "
    "Christopher "
    "Oliver Dylan Carter Isaac Luke Henry Owen Ryan Nathan Wyatt Caleb Sebastian Jack Christian "
    "Jonathan Julian Landon Levi Isaiah Hunter Aaron Charles Thomas",
    "Liam Noah Oliver Elijah James William Benjamin Lucas Henry Theodore Mateo Levi Sebastian Jack "
    "Daniel Michael Alexander Owen Asher Samuel Ethan Leo Jackson Mason Ezra John Hudson Luca "
    "Aiden "
    "Joseph David Jacob Logan Luke Julian Gabriel Grayson Wyatt Matthew Maverick Dylan Isaac Elias "
    "Anthony Thomas Jayden Carter Santiago Ezekiel Charles"};
// Of 100 children of a decade: how many bear a favourite, how many a made-up name.
constexpr size_t kFavouriteShare[] = {66, 66, 64, 60, 56, 52, 46, 40, 34, 30};
constexpr size_t kMadeUpShare[] = {1, 1, 2, 3, 6, 7, 8, 9, 11, 12};

constexpr string_view kGirlsOfEveryDecade =
    "Anne Rosemary Claire Eleanor Josephine Caroline Lydia Esther Naomi Miriam Rosa Clara Ella "
    "Emma "
    "Julia Lucy Nora Stella Violet Hazel Ivy Ada Cora Eva Ida Iris June Opal Pearl Sylvia Yvonne "
    "Vivian Marian Charlotte Constance Eileen Ellen Georgia Harriet Jacqueline Jeanette Kay Leona "
    "Loretta Lorraine Marcia Maureen Maxine Nadine Paulette Regina Roberta Rosalie Sally Sheila "
    "Sonia Suzanne Sue Vera Veronica Wilma Yolanda Adrienne Bridget Camille Candace Carla "
    "Cassandra "
    "Celeste Charlene Colleen Darlene Deanna Desiree Diana Dina Ebony Elena Elise Felicia Francine "
    "Gina Ginger Gretchen Gwendolyn Holly Hope Ingrid Jacquelyn Jenna Jill Joanna Jocelyn Jodi Joy "
    "Juanita Kara Kendra Krista Latoya Leah Leslie Lynn Marcy Margarita Marisa Marlene Meredith "
    "Mindy Miranda Molly Nadia Natasha Nina Noelle Paige Penny Priscilla Rena Rochelle Roxanne "
    "Ruthie "
    "Sabrina Selena Serena Shana Shauna Sierra Simone Sonya Summer Tabitha Tamara Tanya Tasha Toni "
    "Traci Trisha Valerie Vicki Vickie Whitney Yvette Zelda Audra Autumn Bethany Brandi Bria "
    "Carmen";
constexpr string_view kBoysOfEveryDecade =
    "Abraham Alan Alfred Allen Alvin Andre Antonio Archie Barry Ben Bernard Brad Bradley Brent "
    "Brett "
    "Calvin Cecil Cedric Clay Clayton Clifford Clinton Colin Corey Curtis Damon Darin Darrell "
    "Darren "
    "Darryl Dean Derek Derrick Dominic Don Duane Dwayne Dwight Earnest Edgar Edwin Elliott Elmer "
    "Emmett Felix Fernando Floyd Franklin Frederick Garrett Geoffrey Glen Glenn Gordon Grant Guy "
    "Harvey Herbert Herman Homer Hugh Ian Ira Ivan Jared Jay Jerome Jim Joel Jon Julius Karl "
    "Kelvin "
    "Ken Kent Kirk Kurt Lance Lee Leo Leon Leroy Leslie Lester Lewis Lloyd Lonnie Luis Luther Lyle "
    "Malcolm Marc Marcus Mario Marshall Martin Marvin Maurice Max Melvin Micah Milton Miles "
    "Mitchell "
    "Morris Nathaniel Neal Neil Nelson Nolan Oscar Otis Perry Philip Phillip Preston Quentin Ramon "
    "Randall Ray Reginald Rex Rick Ross Ruben Rudy Russell Salvatore Seth Shane Sidney Simon "
    "Spencer "
    "Stewart Stuart Ted Terrance Theodore Tim Tom Tony Trent Trevor Troy Tyrone Vernon Victor "
    "Vincent "
    "Virgil Wade Wallace Warren Wendell Wesley Wilbur Willard Xavier Zane Marlon Desmond Jermaine";

struct OriginNames {
  Origin origin;
  string_view girls;
  string_view boys;
};
constexpr OriginNames kOfOrigin[] = {
    {Origin::kHispanic,
     "Maria Guadalupe Juana Rosa Ana Carmen Margarita Sofia Isabella Gabriela Alejandra Daniela "
     "Valeria Camila Elena Lucia Teresa Josefina Luz Esperanza Yolanda Silvia Leticia Martha Norma "
     "Patricia Veronica Adriana Claudia Marisol Mercedes Ines Araceli Blanca Graciela Irma Alma "
     "Catalina Ximena Valentina",
     "Jose Juan Luis Carlos Jesus Jorge Miguel Francisco Antonio Manuel Pedro Alejandro Roberto "
     "Ricardo Fernando Rafael Eduardo Javier Raul Ramon Sergio Mario Alberto Enrique Arturo Oscar "
     "Victor Andres Diego Mateo Santiago Angel Cesar Ruben Salvador Armando Guillermo Hector "
     "Ernesto "
     "Geovanni"},
    {Origin::kChinese,
     "Mei Li Xiu Ying Jing Yan Fang Hong Hui Juan Lan Ling Min Na Ping Qing Rong Shu Ting Wen Xia "
     "Xin Yu Yun Zhen Grace Amy Jenny Vivian Alice",
     "Wei Jun Ming Jian Hao Bo Chao Cheng Feng Gang Guang Hai Hui Jie Kai Lei Liang Long Peng "
     "Qiang "
     "Tao Xiang Yang Yong Zhi Kevin Jason Eric Andrew Henry"},
    {Origin::kIndian,
     "Priya Anjali Neha Pooja Sunita Kavita Lakshmi Meena Asha Rekha Deepa Divya Shreya Ananya "
     "Aisha "
     "Fatima Nisha Radha Sita Usha Geeta Jaya Kiran Leela Manisha Padma Rani Swati Uma Vidya",
     "Raj Amit Sanjay Vijay Rahul Suresh Ramesh Anil Sunil Ajay Arjun Rohan Vikram Ravi Ashok "
     "Deepak "
     "Harish Kiran Mahesh Manoj Naveen Prakash Rajesh Sandeep Srinivas Vivek Imran Omar Bilal "
     "Aditya"},
    {Origin::kVietnamese,
     "Linh Lan Mai Huong Thuy Hoa Hanh Phuong Ngoc Trang Thao Nhung Anh Bich Chi Dung Giang Hang "
     "Kim "
     "Loan My Nga Oanh Tuyet Van Xuan Yen Kathy Tina Jenny",
     "Minh Tuan Hung Dung Hai Thanh Long Nam Quang Duc Anh Binh Cuong Dat Hieu Hoang Khanh Khoa "
     "Lam "
     "Phuc Quan Son Tam Thang Tien Trung Tung Viet Vinh David"},
    {Origin::kKorean,
     "Ji Soo Min Hye Eun Young Mi Sun Jin Hee Yoon Kyung Jung Hyun Seo Yeon Grace Esther Sarah "
     "Jane "
     "Christine Susan Helen Julie Eunice",
     "Min Joon Sung Jin Hyun Woo Young Ho Dong Jae Sang Kyung Tae Seung In Chul Daniel David John "
     "Joseph Paul James Andrew Peter Samuel Eric"},
    {Origin::kArabic,
     "Fatima Aisha Mariam Zainab Layla Noor Amina Hana Sara Yasmin Huda Iman Khadija Rania Salma "
     "Samira Dalia Hanan Leena Maha Nadia Rana Rasha Reem Sahar Zahra Amal Dina Farah Ghada",
     "Mohammed Ahmed Ali Hassan Hussein Omar Ibrahim Yousef Khalil Mustafa Abdullah Khalid Samir "
     "Tariq Karim Jamal Bilal Hamza Nabil Rami Saleh Walid Ziad Adam Anwar Basil Fadi Ghassan Imad "
     "Said"},
    {Origin::kSlavic,
     "Anna Maria Katarzyna Agnieszka Ewa Natalia Ekaterina Yulia Olga Irina Svetlana Tatiana Elena "
     "Oksana Ludmila Magdalena Joanna Monika Zofia Vera Galina Milica Jelena Ivana Marija",
     "Jan Piotr Andrzej Tomasz Pawel Marek Krzysztof Sergei Dmitry Aleksandr Mikhail Vladimir "
     "Nikolai "
     "Ivan Andrei Oleg Igor Viktor Milan Dragan Zoran Marko Nikola Stefan Josef"}};

// Twins that parents name alike.
constexpr string_view kAlike[2][12][2] = {{{"Hailey", "Kailey"},
                                           {"Madison", "Addison"},
                                           {"Kayla", "Makayla"},
                                           {"Emma", "Ella"},
                                           {"Mia", "Mya"},
                                           {"Faith", "Hope"},
                                           {"Ava", "Ada"},
                                           {"Brianna", "Breanna"},
                                           {"Lily", "Lila"},
                                           {"Anna", "Hannah"},
                                           {"Mary", "Marie"},
                                           {"Jean", "Joan"}},
                                          {{"Jayden", "Hayden"},
                                           {"Jaden", "Caden"},
                                           {"Aiden", "Jaiden"},
                                           {"Logan", "Landon"},
                                           {"Mason", "Jason"},
                                           {"Daniel", "David"},
                                           {"Ethan", "Evan"},
                                           {"Jacob", "Joshua"},
                                           {"Taylor", "Tyler"},
                                           {"Darren", "Warren"},
                                           {"Ronald", "Donald"},
                                           {"Larry", "Garry"}}};

constexpr string_view kMadeUpHeads[] = {"Ja",   "De",  "La",  "Sha", "Ke", "Ta", "Mar", "Da",
                                        "Ray",  "Bra", "Kai", "Jo",  "Ma", "Al", "Ty",  "Chan",
                                        "Shan", "Ra",  "Te",  "Bry", "Mi", "Na", "Za",  "Jay",
                                        "Cor",  "Dre", "Am",  "Lo",  "Ry", "Qua"};
constexpr string_view kMadeUpGirls[] = {
    "nisha", "tasha", "kayla", "lynn", "nia",   "quita", "leigh", "shay", "mara", "rielle",
    "niyah", "bella", "della", "lani", "wanda", "nelle", "vonne", "lisa", "myra", "essa"};
constexpr string_view kMadeUpBoys[] = {"marcus", "quan", "shawn", "vonte", "den",  "mir", "rell",
                                       "lon",    "ton",  "vion",  "kobe",  "ric",  "mar", "vaughn",
                                       "son",    "ston", "ren",   "drick", "cion", "dell"};

size_t Decade(int year) { return static_cast<size_t>(std::clamp((year - 1930) / 10, 0, 9)); }

size_t SexIndex(AdministrativeSex sex) { return sex == AdministrativeSex::kFemale ? 0 : 1; }

}  // namespace

GivenNameBook::Ranked GivenNameBook::ReadRanked(absl::string_view words, uint64_t flatness) {
  constexpr uint64_t kScale = 1'000'000;
  Ranked ranked;
  uint64_t sum = 0;
  for (const string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
    sum += kScale / (ranked.names.size() + flatness);
    ranked.names.emplace_back(word);
    ranked.below.push_back(sum);
  }
  return ranked;
}

const std::string& GivenNameBook::DrawFrom(const Ranked& ranked, Dice& dice) {
  const uint64_t at = dice.Next() % ranked.below.back();
  const auto found = std::upper_bound(ranked.below.begin(), ranked.below.end(), at);
  return ranked.names[static_cast<size_t>(found - ranked.below.begin())];
}

GivenNameBook::GivenNameBook() {
  constexpr uint64_t kFavouriteFlatness = 9;
  constexpr uint64_t kOtherFlatness = 30;
  for (size_t decade = 0; decade < kDecades; ++decade) {
    favourites_[0][decade] = ReadRanked(kGirls[decade], kFavouriteFlatness);
    favourites_[1][decade] = ReadRanked(kBoys[decade], kFavouriteFlatness);
  }
  every_decade_[0] = ReadRanked(kGirlsOfEveryDecade, kOtherFlatness);
  every_decade_[1] = ReadRanked(kBoysOfEveryDecade, kOtherFlatness);
  for (const OriginNames& of : kOfOrigin) {
    by_origin_[0][static_cast<size_t>(of.origin)] = ReadRanked(of.girls, kFavouriteFlatness);
    by_origin_[1][static_cast<size_t>(of.origin)] = ReadRanked(of.boys, kFavouriteFlatness);
  }
}

std::string GivenNameBook::Draw(AdministrativeSex sex, int birth_year, Origin origin,
                             Dice& dice) const {
  const size_t which = SexIndex(sex);
  const size_t decade = Decade(birth_year);
  if (origin != Origin::kEnglish && dice.Chance(origin == Origin::kHispanic ? 550 : 700)) {
    return DrawFrom(by_origin_[which][static_cast<size_t>(origin)], dice);
  }
  const size_t draw = dice.Below(100);
  if (draw < kFavouriteShare[decade]) return DrawFrom(favourites_[which][decade], dice);
  if (draw >= 100 - kMadeUpShare[decade]) {
    return absl::StrCat(
        dice.Pick<string_view>(kMadeUpHeads),
        which == 0 ? dice.Pick<string_view>(kMadeUpGirls) : dice.Pick<string_view>(kMadeUpBoys));
  }
  // A favourite of a neighbouring decade, or a name that every decade has.
  if (dice.Chance(350)) {
    const size_t near = decade == 0 ? 1 : decade - dice.Below(2);
    return DrawFrom(favourites_[which][near], dice);
  }
  return DrawFrom(every_decade_[which], dice);
}

std::string GivenNameBook::DrawForTwin(const std::string& first, AdministrativeSex sex, int birth_year,
                                    Origin origin, Dice& dice) const {
  for (const auto& pair : kAlike[SexIndex(sex)]) {
    if (pair[0] == first && dice.Chance(600)) return std::string(pair[1]);
    if (pair[1] == first && dice.Chance(600)) return std::string(pair[0]);
  }
  // One pair in four begins with the same letter (assumption): draw until it does, a few times.
  const int draws = dice.Chance(250) ? 12 : 1;
  std::string name;
  for (int i = 0; i < draws || name == first; ++i) {
    name = Draw(sex, birth_year, origin, dice);
    if (name != first && name[0] == first[0]) break;
  }
  return name;
}

}  // namespace hie::region
