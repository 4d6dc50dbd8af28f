#include "services/hiectl/region/family_names.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hie::region {
namespace {

using absl::string_view;

// Bearers in 100,000 inhabitants, about: general knowledge, rounded.
constexpr string_view kEnglish =
    "Smith 820 Johnson 650 Williams 550 Brown 480 Jones 480 Miller 390 Davis 380 Wilson 270 "
    "Anderson 265 Thomas 255 Taylor 250 Moore 245 Jackson 240 Martin 238 Thompson 225 White 223 "
    "Harris 210 Clark 190 Lewis 180 Robinson 179 Walker 177 Young 164 Allen 163 King 158 "
    "Wright 155 Scott 149 Hill 147 Green 146 Adams 145 Nelson 144 Baker 142 Hall 138 Campbell 131 "
    "Mitchell 130 Carter 127 Roberts 127 Phillips 122 Evans 121 Turner 118 Parker 114 Collins 112 "
    "Edwards 112 Stewart 110 Morris 108 Murphy 104 Cook 100 Rogers 99 Morgan 97 Peterson 94 "
    "Cooper 94 Reed 93 Bailey 93 Bell 92 Kelly 92 Howard 91 Ward 88 Cox 88 Richardson 88 Wood 85 "
    "Watson 85 Brooks 85 Bennett 84 Gray 84 James 84 Hughes 80 Price 79 Myers 78 Long 77 "
    "Foster 77 Sanders 77 Ross 77 Powell 75 Sullivan 74 Russell 73 Jenkins 71 Perry 71 Butler 71 "
    "Barnes 71 Fisher 70 Henderson 70 Coleman 70 Simmons 68 Patterson 68 Jordan 68 Reynolds 67 "
    "Hamilton 67 Graham 67 Wallace 64 West 64 Cole 63 Hayes 62 Gibson 62 Bryant 62 Ellis 61 "
    "Stevens 61 Murray 61 Ford 61 Marshall 60 Owens 60 Mcdonald 60 Harrison 60 Kennedy 58 Wells 57 "
    "Woods 55 Washington 55 Olson 54 Webb 54 Tucker 53 Freeman 53 Burns 52 Henry 52 Snyder 51 "
    "Simpson 51 Crawford 51 Porter 51 Mason 50 Shaw 50 Gordon 49 Wagner 49 Hunter 49 Hicks 48 "
    "Dixon 48 Hunt 48 Palmer 47 Robertson 47 Black 47 Holmes 46 Stone 46 Meyer 46 Boyd 45 Mills 45 "
    "Warren 45 Fox 44 Rose 44 Rice 44 Schmidt 44 Patterson 44 Ferguson 43 Nichols 43 Ryan 43 "
    "Grant 42 Knight 42 Dunn 41 Stephens 41 Hudson 41 Gardner 41 Payne 41 Hawkins 40 Pierce 40 "
    "Spencer 40 Kelley 40 Arnold 39 Hansen 39 Lane 39 Hart 39 Elliott 39 Cunningham 38 Riley 38 "
    "Carroll 38 Bradley 38 Andrews 38 Duncan 37 Hoffman 37 Weaver 37 Lawrence 37 Johnston 37 "
    "Peters 37 Ray 36 Carpenter 36 Berry 36 Matthews 36 Greene 36 Armstrong 35 Wheeler 35 "
    "Austin 35 Chapman 35 Williamson 34 Franklin 34 Lawson 34 Montgomery 34 Harvey 34 Carlson 34 "
    "Fields 33 Sims 33 Gilbert 33 Oliver 33 Larson 33 Bishop 32 Jacobs 32 Richards 32 Kim 31 "
    "Little 32 Burton 32 Harper 32 Lynch 32 Howell 31 Fuller 31 Stanley 31 Weber 30 Mccoy 30 "
    "Reid 30 Jensen 30 Schultz 30 Schneider 30 Welch 30 George 29 Fowler 29 Burke 29 Hanson 29 "
    "Day 29 Davidson 29 Brewer 28 Bowman 28 Pearson 28 May 28 Holland 28 Fleming 28 Dean 28 "
    "Newman 27 Byrd 27 Barrett 27 Jennings 27 Beck 27 Bates 26 Hopkins 26 Horton 26 Wade 26 "
    "Caldwell 26 Lowe 26 Barnett 26 Curtis 26 Walters 25 Lambert 25 Neal 25 Rhodes 25 Graves 25 "
    "Shelton 25 Sutton 25 Hale 25 Craig 24 Jefferson 24 Bush 24 Chambers 24 Steele 24 Terry 24 "
    "Parks 24 Keller 24 Barker 24 Gregory 24 Lyons 24 Higgins 23 Powers 23 Wolfe 23 Schwartz 23 "
    "Mullins 22 Benson 22 Sharp 22 Bowen 22 Cobb 21 Robbins 22 Cummings 22 Leonard 22 Griffith 21 "
    "Hubbard 21 Cross 21 Goodwin 20 Reese 20 Hampton 20 Gross 20 Malone 20 Hodges 20 Tate 20 "
    "Adkins 20 Webster 20 Mann 19 Strickland 19 Frank 19 Hammond 19 Waters 19 Moss 19 Goodman 19 "
    "Carr 22 Watts 22 Norris 22 Baldwin 21 Maxwell 19 Farmer 18 Norton 18 Osborne 18 Harmon 18 "
    "Cain 17 Haynes 17 Walsh 22 Doyle 17 Quinn 18 Brady 17 Casey 16 Flynn 15 Gallagher 15 "
    "O'Connor 14 O'Brien 21 O'Neill 9 O'Donnell 7 McCarthy 17 McKinney 17 McDaniel 17 McGuire 14 "
    "McCormick 14 McLaughlin 15 McIntyre 9 McMahon 9 McAllister 8 MacDonald 12 Fitzgerald 17 "
    "Fitzpatrick 10 Donovan 11 Mueller 12 Becker 15 Klein 18 Zimmerman 16 Hartman 14 Koch 10 "
    "Krueger 11 Vogel 8 Schroeder 15 Roth 12 Kaufman 11 Stein 9 Rosenberg 7 Goldstein 7 Cohen 12 "
    "Levy 7 Friedman 9 Katz 7 Shapiro 6 Bergman 4 Lindberg 5 Lundgren 4 Gustafson 6 Swanson 15 "
    "Erickson 17 Christensen 16 Sorensen 7 Nielsen 8 Petersen 11 Knudsen 4 Russo 9 Romano 6 "
    "Esposito 6 Rizzo 4 Marino 7 Bruno 6 Caruso 6 DeLuca 5 Lombardi 4 Gallo 5 Conti 3 Ricci 3 "
    "Leblanc 7 Hebert 8 Boudreaux 6 Fontenot 6 Dubois 5 Bouchard 4 Gagnon 4 Pelletier 4 Roy 9 "
    "Duval 3 Fournier 4 Moreau 3 VanDyke 5 Vandenberg 4 VanBuren 2 Devries 5 DeYoung 4 Hoekstra 3 "
    "Dykstra 4 Visser 3 Booker 14 Banks 22 Charles 17 Joseph 21 Gaines 14 Tyson 7 Ingram 17 "
    "Mosley 11 Dorsey 12 Sykes 7 Pettway 2 Muhammad 7 Okafor 3 Adeyemi 2 Mensah 2 Diallo 2 "
    "Papadopoulos 2 Stavros 1 Smyth 4 Clarke 14 Browne 5 Thomson 7 Stuart 6 Phillip 2 Allan 3 "
    "Reeves 20 Blair 14 Cain 9 Hess 14 Hodge 11 Pruitt 10 Huff 15 Dillard 7 Pratt 14 Sheppard 9 "
    "Shepherd 9 Shepard 6 Snow 12 Wyatt 13 Pope 16 Stout 9 Ayers 9 Conway 11 Hahn 9 Ho 12 "
    "Lutz 8 Maynard 10 Noble 11 Odom 11 Petty 11 Quick 4 Rowland 8 Sweeney 13 Tanner 10 Underwood "
    "14 "
    "Vance 12 Whitaker 13 Yates 14 Zeller 2 Abbott 14 Bartlett 12 Conner 13 Dalton 12 English 10 "
    "Farrell 13 Gould 9 Hendricks 12 Ireland 3 Jarvis 9 Kirk 15 Lucas 19 Middleton 12 Nolan 13 "
    "Orr 12 Paul 15 Ramsey 16 Savage 11 Townsend 17 Upton 4 Vaughn 16 Whitney 8 York 11";
constexpr string_view kHispanic =
    "Garcia 400 Rodriguez 380 Martinez 365 Hernandez 360 Lopez 300 Gonzalez 290 Perez 235 "
    "Sanchez 215 Ramirez 195 Torres 150 Flores 150 Rivera 135 Gomez 130 Diaz 125 Reyes 110 "
    "Morales 110 Cruz 110 Ortiz 105 Gutierrez 102 Chavez 95 Ramos 92 Ruiz 85 Mendoza 85 Alvarez 84 "
    "Jimenez 82 Castillo 82 Vasquez 79 Romero 76 Moreno 74 Gonzales 74 Herrera 72 Medina 71 "
    "Aguilar 68 Garza 63 Vargas 63 Castro 63 Fernandez 63 Guzman 60 Munoz 58 Mendez 58 Salazar 56 "
    "Soto 55 Vazquez 55 Delgado 53 Pena 53 Rios 51 Contreras 50 Guerrero 50 Estrada 49 Ortega 49 "
    "Sandoval 46 Nunez 46 Dominguez 46 Maldonado 45 Vega 45 Santiago 44 Leon 40 Espinoza 40 "
    "Rojas 38 Marquez 37 Padilla 37 Mejia 37 Figueroa 36 Juarez 36 Acosta 36 Campos 35 Avila 34 "
    "Ayala 34 Cervantes 33 Molina 33 Lara 31 Cabrera 30 Velasquez 28 Trujillo 26 Salinas 26 "
    "Fuentes 26 Duran 26 Rosales 25 Cortez 25 Suarez 24 Serrano 23 Solis 23 Orozco 22 Zamora 21 "
    "Barrera 20 Villarreal 18 Santos 38 Colon 20 Nieves 10 Quinones 8 Ibarra 20 Bautista 18 Cruz "
    "15 "
    "Zuniga 15 Tapia 13 Saldana 11 Montoya 18 Lucero 11 Baca 8 Zavala 12 Cisneros 14 Dejesus 13";
constexpr string_view kChinese =
    "Chen 90 Wang 70 Li 75 Zhang 60 Liu 55 Lin 45 Wu 42 Huang 40 Chang 35 Yang 45 Zhao 20 Zhou 18 "
    "Xu 20 Sun 16 Ma 16 Zhu 14 Hu 14 Guo 13 He 12 Gao 11 Luo 10 Zheng 18 Liang 14 Xie 10 Song 14 "
    "Tang 20 Feng 9 Cheng 18 Cao 7 Peng 8 Deng 9 Ng 14 Wong 35 Chan 28 Lau 12 Leung 13 Cheung 10";
constexpr string_view kIndian =
    "Patel 78 Singh 50 Shah 24 Sharma 14 Gupta 10 Kumar 17 Reddy 8 Desai 6 Mehta 6 Joshi 7 Rao 8 "
    "Khan 35 Ali 25 Iyer 3 Nair 5 Menon 3 Kaur 14 Gill 12 Chaudhry 3 Ahmed 16 Hussain 9 Begum 4 "
    "Das 5 Banerjee 3 Mukherjee 3 Verma 5 Agarwal 4 Jain 6 Trivedi 3 Bhatt 4 Pillai 3 Thakur 3";
constexpr string_view kVietnamese =
    "Nguyen 148 Tran 64 Le 40 Pham 33 Huynh 20 Hoang 14 Phan 13 Vu 15 Vo 15 Dang 12 Bui 13 Do 14 "
    "Ngo 11 Duong 9 Ly 10 Truong 10 Dinh 8 Lam 12 Trinh 6 Doan 5 Luong 5 Mai 6";
constexpr string_view kKorean =
    "Lee 110 Park 35 Choi 20 Chung 14 Kang 12 Cho 13 Yoon 9 Jung 8 Lim 11 Han 13 Shin 9 Seo 5 "
    "Kwon 6 Hwang 7 Ahn 7 Hong 11 Yoo 6 Oh 9 Son 5 Moon 11";
constexpr string_view kArabic =
    "Haddad 7 Hassan 12 Ahmad 8 Mohamed 12 Ibrahim 9 Khalil 6 Mansour 5 Saleh 6 Abdullah 7 "
    "Hussein 6 Nasser 4 Hamdan 4 Khoury 5 Farah 6 Saad 4 Said 4 Mustafa 4 Yousef 4 Bazzi 4 "
    "Berry 2 Fawaz 3 Ghazi 2 Hamad 4 Jaber 3 Kassem 3 Makki 3 Najjar 3 Qasim 3 Rahman 9 Saab 3 "
    "Shaheen 3 Suleiman 3 Taleb 2 Younes 3 Zayed 2 Alsaadi 2 Aljabri 2 Ayoub 3 Beydoun 3 Karam 3";
constexpr string_view kSlavic =
    "Kowalski 9 Nowak 14 Wisniewski 6 Kaminski 7 Lewandowski 5 Zielinski 5 Szymanski 5 Wozniak 7 "
    "Kozlowski 6 Jankowski 5 Mazur 7 Krawczyk 3 Piotrowski 3 Grabowski 4 Pawlak 3 Majewski 3 "
    "Petrov 4 Ivanov 6 Volkov 2 Smirnov 2 Kuznetsov 3 Popov 3 Sokolov 2 Morozov 2 Novikov 2 "
    "Shevchenko 2 Kovalenko 2 Bondarenko 1 Novak 14 Horvath 7 Kovac 3 Petrovic 3 Jovanovic 3 "
    "Markovic 2 Nikolic 2 Popescu 3 Ionescu 1 Hoxha 2 Gjoni 2 Dragovic 1 Svoboda 5 Dvorak 5";
constexpr string_view kOrigins[] = {kEnglish,    kHispanic, kChinese, kIndian,
                                    kVietnamese, kKorean,   kArabic,  kSlavic};

// Parts of the made-up tail.
constexpr std::array<string_view, 96> kHeads = {
    "Ab",   "Al",  "Ar",   "Ash", "Bal",  "Bar",  "Bel",  "Ben", "Ber", "Bol",  "Bran", "Bren",
    "Brod", "Bur", "Cal",  "Car", "Cav",  "Ched", "Clav", "Col", "Cor", "Cran", "Dal",  "Dar",
    "Del",  "Den", "Dob",  "Dor", "Dun",  "Eb",   "El",   "Em",  "Fal", "Far",  "Fen",  "Fer",
    "Gal",  "Gar", "Ger",  "Gil", "Gor",  "Grab", "Had",  "Hal", "Har", "Hav",  "Hel",  "Hol",
    "Ir",   "Jab", "Jar",  "Kal", "Kar",  "Kel",  "Ker",  "Kol", "Kor", "Kral", "Lan",  "Lar",
    "Led",  "Lev", "Lod",  "Mal", "Mar",  "Mel",  "Mor",  "Nar", "Nel", "Nor",  "Ol",   "Or",
    "Pal",  "Par", "Pel",  "Por", "Quar", "Rad",  "Ram",  "Red", "Rol", "Ros",  "Sal",  "Sar",
    "Sel",  "Sor", "Stan", "Tal", "Tar",  "Ted",  "Tor",  "Ul",  "Val", "Ver",  "Wal",  "Zel"};
constexpr std::array<string_view, 20> kHearts = {"",   "a",  "an", "ar",  "e",   "en", "er",
                                                 "i",  "in", "is", "le",  "li",  "o",  "on",
                                                 "or", "u",  "ul", "and", "ing", "esh"};
constexpr std::array<string_view, 48> kTails = {
    "ton",  "ford", "well",  "man",  "field", "wood",  "berg",  "stein", "ski",  "son",
    "sen",  "ley",  "worth", "by",   "land",  "ham",   "burn",  "dale",  "mann", "bach",
    "witz", "vich", "enko",  "ak",   "ard",   "eau",   "et",    "ini",   "elli", "etti",
    "aro",  "ano",  "es",    "ez",   "os",    "oulos", "ian",   "yan",   "shaw", "more",
    "bury", "cock", "gate",  "stra", "ink",   "haus",  "quist", "wick"};

// Spellings of one name.  The first is the one that the tables above use.
constexpr string_view kSpellings[] = {"Mohammed Muhammad Mohamed Mohammad Mohamad",
                                      "Ahmed Ahmad Ahmet",
                                      "Hussein Hussain Husein",
                                      "Hassan Hasan Hassen",
                                      "Yousef Yusuf Youssef Yosef",
                                      "Khalil Kalil Khaleel",
                                      "Abdullah Abdallah Abdulla",
                                      "Ibrahim Ebrahim Ibraheem",
                                      "Mohamed Mohammed Muhammad Mohamud",
                                      "Ahmad Ahmed",
                                      "Fatima Fatimah Fatma Fatema",
                                      "Aisha Ayesha Aysha Aicha",
                                      "Layla Leila Laila Leyla",
                                      "Omar Umar Omer",
                                      "Ali Aly",
                                      "Noor Nour Nur",
                                      "Saleh Salih Salah",
                                      "Said Saeed Sayed",
                                      "Khoury Khouri Koury",
                                      "Suleiman Sulaiman Soliman",
                                      "Zainab Zaynab Zeinab",
                                      "Mariam Maryam Miriam",
                                      "Zhang Chang Cheung",
                                      "Li Lee",
                                      "Chen Chan",
                                      "Wang Wong",
                                      "Lin Lam",
                                      "Liu Lau Lew",
                                      "Xu Hsu Shu",
                                      "Zhao Chao Chiu",
                                      "Zhou Chou Chow",
                                      "Huang Hwang Wong",
                                      "Yoon Yun Youn",
                                      "Choi Choe",
                                      "Park Pak Bak",
                                      "Lee Yi Rhee Li",
                                      "Jung Chung Jeong",
                                      "Seo Suh Suh",
                                      "Lim Im Rim",
                                      "Cho Jo",
                                      "Nguyen Ngyuen",
                                      "Huynh Huyn Hyunh",
                                      "Hoang Huang",
                                      "Vu Vo",
                                      "Dang Dong",
                                      "Patel Pattel",
                                      "Singh Sing Sinha",
                                      "Chaudhry Choudhury Chowdhury",
                                      "Reddy Reddi",
                                      "Mukherjee Mukerji Mookerjee",
                                      "Sergei Sergey Serge",
                                      "Yulia Julia Iuliia",
                                      "Dmitry Dmitri Dimitri",
                                      "Aleksandr Alexander Oleksandr",
                                      "Ekaterina Yekaterina Katerina",
                                      "Natalia Nataliya Natalya",
                                      "Volkov Wolkow",
                                      "Petrov Petroff",
                                      "Ivanov Ivanoff",
                                      "Shevchenko Schewtschenko Szewczenko",
                                      "Kowalski Kovalsky Kowalsky",
                                      "Wisniewski Vishnevsky",
                                      "Mikhail Mikhael Michail",
                                      "Gonzalez Gonzales",
                                      "Hernandez Hernandes",
                                      "Rodriguez Rodrigues",
                                      "Vasquez Vazquez",
                                      "Perez Peres",
                                      "Velasquez Velazquez",
                                      "Espinoza Espinosa",
                                      "Jimenez Gimenez Ximenez",
                                      "Geovanni Giovanni Jovani",
                                      "Jose Josue",
                                      "Mejia Mexia"};
constexpr std::array<std::pair<string_view, string_view>, 36> kAccents = {
    {{"Jose", "José"},           {"Jesus", "Jesús"},         {"Maria", "María"},
     {"Garcia", "García"},       {"Rodriguez", "Rodríguez"}, {"Martinez", "Martínez"},
     {"Hernandez", "Hernández"}, {"Lopez", "López"},         {"Gonzalez", "González"},
     {"Perez", "Pérez"},         {"Sanchez", "Sánchez"},     {"Ramirez", "Ramírez"},
     {"Gomez", "Gómez"},         {"Diaz", "Díaz"},           {"Gutierrez", "Gutiérrez"},
     {"Chavez", "Chávez"},       {"Alvarez", "Álvarez"},     {"Jimenez", "Jiménez"},
     {"Vasquez", "Vásquez"},     {"Fernandez", "Fernández"}, {"Guzman", "Guzmán"},
     {"Munoz", "Muñoz"},         {"Mendez", "Méndez"},       {"Vazquez", "Vázquez"},
     {"Pena", "Peña"},           {"Rios", "Ríos"},           {"Nunez", "Núñez"},
     {"Dominguez", "Domínguez"}, {"Leon", "León"},           {"Marquez", "Márquez"},
     {"Mejia", "Mejía"},         {"Juarez", "Juárez"},       {"Sofia", "Sofía"},
     {"Andres", "Andrés"},       {"Ines", "Inés"},           {"Raul", "Raúl"}}};

// Of 100,000 draws: the written names, the names of rank below kMiddleTail, the others.
constexpr size_t kDraws = 100'000;
constexpr size_t kFromWritten = 42'000;
constexpr size_t kFromMiddle = 90'000;

}  // namespace

FamilyNameBook::FamilyNameBook() {
  uint64_t sum = 0;
  for (size_t origin = 0; origin < std::size(kOrigins); ++origin) {
    origin_starts_.push_back(written_.size());
    const std::vector<string_view> words = absl::StrSplit(kOrigins[origin], ' ');
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
      uint64_t weight = 0;
      // A table that does not parse is a bug of this file; the test reads every row.
      if (!absl::SimpleAtoi(words[i + 1], &weight)) std::abort();
      sum += weight;
      written_.push_back({{std::string(words[i]), static_cast<Origin>(origin)}, sum});
    }
  }
  origin_starts_.push_back(written_.size());
  // Weight 1 / (rank + 400): the written names have taken the head of the distribution.
  constexpr uint64_t kScale = 1'000'000'000'000;
  constexpr uint64_t kHeadTaken = 400;
  uint64_t tail = 0;
  for (size_t rank = 0; rank < kTail; ++rank) {
    tail += kScale / (rank + kHeadTaken);
    tail_.push_back(tail);
  }
}

size_t FamilyNameBook::DrawRank(size_t from, size_t to, Dice& dice) const {
  const uint64_t below = from == 0 ? 0 : tail_[from - 1];
  const uint64_t at = below + dice.Next() % (tail_[to - 1] - below);
  return static_cast<size_t>(std::upper_bound(tail_.begin(), tail_.end(), at) - tail_.begin());
}

FamilyName FamilyNameBook::Draw(Dice& dice) const {
  const size_t draw = dice.Below(kDraws);
  if (draw < kFromWritten) {
    const uint64_t at = dice.Next() % written_.back().below;
    return std::upper_bound(written_.begin(), written_.end(), at,
                            [](uint64_t value, const Written& name) { return value < name.below; })
        ->name;
  }
  const bool middle = draw < kFromMiddle;
  return {TailName(middle ? DrawRank(0, kMiddleTail, dice) : DrawRank(kMiddleTail, kTail, dice)),
          Origin::kEnglish};
}

FamilyName FamilyNameBook::DrawOf(Origin origin, Dice& dice) const {
  const size_t from = origin_starts_[static_cast<size_t>(origin)];
  const size_t to = origin_starts_[static_cast<size_t>(origin) + 1];
  const uint64_t below = from == 0 ? 0 : written_[from - 1].below;
  const uint64_t at = below + dice.Next() % (written_[to - 1].below - below);
  return std::upper_bound(written_.begin(), written_.end(), at,
                          [](uint64_t value, const Written& name) { return value < name.below; })
      ->name;
}

std::string FamilyNameBook::TailName(size_t rank) {
  constexpr size_t kCombinations = kHeads.size() * kHearts.size() * kTails.size();
  static_assert(kCombinations >= kTail);
  // A stride without a common factor visits every combination once, neighbours far apart.
  constexpr size_t kStride = 40'009;
  const size_t at = rank * kStride % kCombinations;
  return absl::StrCat(kHeads[at % kHeads.size()], kHearts[at / kHeads.size() % kHearts.size()],
                      kTails[at / kHeads.size() / kHearts.size()]);
}

std::string OtherSpelling(absl::string_view name, size_t which) {
  for (const string_view group : kSpellings) {
    if (group.substr(0, group.find(' ')) != name) continue;
    const std::vector<string_view> words = absl::StrSplit(group, ' ');
    return std::string(words[1 + which % (words.size() - 1)]);
  }
  return "";
}

std::string Accented(absl::string_view name) {
  for (const auto& [plain, accented] : kAccents) {
    if (plain == name) return std::string(accented);
  }
  return std::string(name);
}

}  // namespace hie::region
