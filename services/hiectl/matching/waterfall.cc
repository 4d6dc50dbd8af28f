#include "services/hiectl/matching/waterfall.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace hie::ctl::matching {
namespace {

constexpr double kWidth = 980;
constexpr double kLeft = 240;   // Of the plot; names stand left of it.
constexpr double kRight = 900;  // Leaves room for numbers beside bars.
constexpr double kTop = 132;
constexpr double kRowHeight = 32;
constexpr double kBarHeight = 20;
constexpr double kFooter = 64;

constexpr char kInk[] = "#1f2933";
constexpr char kQuiet[] = "#667482";
constexpr char kGrid[] = "#e4e8ec";
constexpr char kAgree[] = "#2e9d62";
constexpr char kContradict[] = "#d1495b";
constexpr char kNeutral[] = "#8795a1";
constexpr char kTotal[] = "#2f5d8a";

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Bits(int32_t weight) {
  return weight == 0 ? "0" : absl::StrFormat("%+.1f", weight / 1000.0);
}

// Weights to places on the page.
class Axis {
 public:
  explicit Axis(const Waterfall& w) {
    int32_t low = std::min(0, w.prior);
    int32_t high = std::max(0, w.prior);
    int32_t sum = w.prior;
    for (const WaterfallStep& step : w.steps) {
      sum += step.weight;
      low = std::min(low, sum);
      high = std::max(high, sum);
    }
    for (const WaterfallThreshold& threshold : w.thresholds) {
      low = std::min(low, threshold.weight);
      high = std::max(high, threshold.weight);
    }
    const double span = std::max(1.0, (high - low) / 1000.0);
    tick_ = span > 80 ? 20 : span > 40 ? 10 : span > 16 ? 5 : 2;
    low_ = std::floor((low / 1000.0 - span * 0.02) / tick_) * tick_;
    high_ = std::ceil((high / 1000.0 + span * 0.02) / tick_) * tick_;
  }

  double x(double bits) const { return kLeft + (bits - low_) / (high_ - low_) * (kRight - kLeft); }
  double of(int32_t weight) const { return x(weight / 1000.0); }
  double low() const { return low_; }
  double high() const { return high_; }
  double tick() const { return tick_; }

 private:
  double low_ = 0;
  double high_ = 1;
  double tick_ = 1;
};

std::string Text(double x, double y, absl::string_view anchor, absl::string_view style,
                 absl::string_view text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n", x, y,
                         anchor, style, Escape(text));
}

std::string Line(double x1, double y1, double x2, double y2, absl::string_view style) {
  return absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2,
                         y2, style);
}

// One row: its name, its bar from `from` to `to`, its number.
struct Bar {
  std::string name;
  std::string remark;
  int32_t from = 0;
  int32_t to = 0;
  std::string number;
  const char* colour = kNeutral;
  bool bold = false;
};

std::string DrawBar(const Bar& bar, const Axis& axis, double y) {
  const double a = axis.of(std::min(bar.from, bar.to));
  const double b = axis.of(std::max(bar.from, bar.to));
  const double middle = y + kRowHeight / 2;
  const std::string weight = bar.bold ? " font-weight=\"600\"" : "";
  std::string svg = Text(kLeft - 16, middle + (bar.remark.empty() ? 4.5 : -1), "end",
                         absl::StrCat("font-size=\"13\" fill=\"", kInk, "\"", weight), bar.name);
  if (!bar.remark.empty()) {
    absl::StrAppend(&svg,
                    Text(kLeft - 16, middle + 12, "end",
                         absl::StrCat("font-size=\"10.5\" fill=\"", kQuiet, "\""), bar.remark));
  }
  absl::StrAppendFormat(
      &svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2.5\" fill=\"%s\"/>\n",
      a, middle - kBarHeight / 2, std::max(1.5, b - a), kBarHeight, bar.colour);
  const bool left = bar.to < bar.from;
  // On white, so that no threshold's line runs through the digits.
  const double room = 7.6 * static_cast<double>(bar.number.size());
  absl::StrAppendFormat(
      &svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" fill=\"#ffffff\"/>\n",
      left ? a - 8 - room : b + 4, middle - 7, room + 2);
  absl::StrAppend(&svg, Text(left ? a - 6 : b + 6, middle + 4.5, left ? "end" : "start",
                             absl::StrCat("font-size=\"12\" fill=\"",
                                          bar.from == bar.to ? kQuiet : kInk, "\"", weight),
                             bar.number));
  return svg;
}

std::vector<Bar> MakeBars(const Waterfall& w) {
  std::vector<Bar> bars;
  bars.push_back({"before any evidence", "", 0, w.prior, Bits(w.prior), kNeutral, false});
  int32_t sum = w.prior;
  for (const WaterfallStep& step : w.steps) {
    const char* colour = step.weight > 0 ? kAgree : step.weight < 0 ? kContradict : kNeutral;
    const std::string remark =
        step.remark.empty() ? step.level : absl::StrCat(step.level, " · ", step.remark);
    bars.push_back({absl::StrReplaceAll(step.name, {{"_", " "}}),
                    absl::StrReplaceAll(remark, {{"_", " "}}), sum, sum + step.weight,
                    Bits(step.weight), colour, false});
    sum += step.weight;
  }
  bars.push_back({"weight", "", 0, sum, absl::StrCat(Bits(sum), " bits"), kTotal, true});
  return bars;
}

std::string DrawGrid(const Axis& axis, double bottom) {
  std::string svg;
  for (double tick = axis.low(); tick <= axis.high() + 0.5; tick += axis.tick()) {
    const bool zero = std::abs(tick) < 0.5;
    absl::StrAppend(
        &svg,
        Line(axis.x(tick), kTop, axis.x(tick), bottom,
             absl::StrCat("stroke=\"", zero ? kNeutral : kGrid, "\" stroke-width=\"1\"")),
        Text(axis.x(tick), bottom + 18, "middle",
             absl::StrCat("font-size=\"11\" fill=\"", kQuiet, "\""), absl::StrFormat("%g", tick)));
  }
  absl::StrAppend(&svg, Text((kLeft + kRight) / 2, bottom + 38, "middle",
                             absl::StrCat("font-size=\"11\" fill=\"", kQuiet, "\""),
                             "weight in bits: each bit doubles the odds that both are one person"));
  return svg;
}

// Labels stand in two lines, for thresholds may lie close to each other.
std::string DrawThresholds(const Waterfall& w, const Axis& axis, double bottom) {
  std::string svg;
  double level = 0;
  for (const WaterfallThreshold& threshold : w.thresholds) {
    const double x = axis.of(threshold.weight);
    const double y = kTop - 10 - 15 * level;
    absl::StrAppend(
        &svg,
        Line(x, y + 4, x, bottom,
             absl::StrCat("stroke=\"", kInk, "\" stroke-width=\"1.2\" stroke-dasharray=\"5 4\"")),
        Text(x, y, "middle", absl::StrCat("font-size=\"11\" fill=\"", kInk, "\""),
             absl::StrCat(threshold.name, " ", Bits(threshold.weight))));
    level = level == 0 ? 1 : 0;
  }
  return svg;
}

std::string DrawHead(const Waterfall& w) {
  std::string verdict = absl::StrCat(w.verdict, " at ", Bits(w.total()), " bits");
  if (!w.vetoes.empty()) {
    absl::StrAppend(&verdict,
                    "; veto: ", absl::StrReplaceAll(absl::StrJoin(w.vetoes, ", "), {{"_", " "}}));
  }
  return absl::StrCat(
      Text(28, 38, "start",
           absl::StrCat("font-size=\"19\" font-weight=\"600\" fill=\"", kInk, "\""), w.title),
      Text(28, 60, "start", absl::StrCat("font-size=\"13\" fill=\"", kQuiet, "\""), w.subtitle),
      Text(28, 82, "start",
           absl::StrCat("font-size=\"13\" font-weight=\"600\" fill=\"", kTotal, "\""), verdict));
}

}  // namespace

int32_t Waterfall::total() const {
  int32_t sum = prior;
  for (const WaterfallStep& step : steps) sum += step.weight;
  return sum;
}

std::string DrawWaterfall(const Waterfall& waterfall) {
  const Axis axis(waterfall);
  const std::vector<Bar> bars = MakeBars(waterfall);
  const double bottom = kTop + kRowHeight * static_cast<double>(bars.size()) + 8;
  const double height = bottom + kFooter;
  std::string svg = absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
      "viewBox=\"0 0 %.0f %.0f\" font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, "
      "sans-serif\" role=\"img\">\n<title>%s</title>\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
      kWidth, height, kWidth, height, Escape(waterfall.title));
  absl::StrAppend(&svg, DrawHead(waterfall), DrawGrid(axis, bottom),
                  DrawThresholds(waterfall, axis, bottom));
  for (size_t i = 0; i < bars.size(); ++i) {
    const double y = kTop + kRowHeight * static_cast<double>(i) + 4;
    absl::StrAppend(&svg, DrawBar(bars[i], axis, y));
    if (i + 1 >= bars.size()) continue;
    // The line on which the next bar begins.
    const double x = axis.of(bars[i].to);
    absl::StrAppend(&svg, Line(x, y + (kRowHeight + kBarHeight) / 2, x,
                               y + kRowHeight + (kRowHeight - kBarHeight) / 2,
                               absl::StrCat("stroke=\"", kQuiet, "\" stroke-width=\"1\"")));
  }
  absl::StrAppend(&svg, "</svg>\n");
  return svg;
}

}  // namespace hie::ctl::matching
