#include "gateway/hl7v2/door_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <utility>

namespace hie::hl7v2 {
namespace {

class Uncounted final : public DoorMetrics {
 public:
  void Message(absl::string_view) override {}
  void Retry() override {}
  void Connections(int) override {}
  void Closed(absl::string_view) override {}
  void Dropped(uint64_t) override {}
};

class Counted final : public DoorMetrics {
 public:
  explicit Counted(std::shared_ptr<prometheus::Registry> registry)
      : registry_(std::move(registry)),
        messages_(prometheus::BuildCounter()
                      .Name("hie_hl7v2_messages_total")
                      .Help("HL7 v2 messages by what became of them")
                      .Register(*registry_)),
        closed_(prometheus::BuildCounter()
                    .Name("hie_hl7v2_closed_total")
                    .Help("MLLP connections that were closed, by reason")
                    .Register(*registry_)),
        retries_(prometheus::BuildCounter()
                     .Name("hie_hl7v2_retries_total")
                     .Help("Tries to apply a message that the exchange could not take")
                     .Register(*registry_)
                     .Add({})),
        dropped_(prometheus::BuildCounter()
                     .Name("hie_hl7v2_dropped_bytes_total")
                     .Help("Bytes outside of MLLP blocks")
                     .Register(*registry_)
                     .Add({})),
        connections_(prometheus::BuildGauge()
                         .Name("hie_hl7v2_connections")
                         .Help("Open MLLP connections")
                         .Register(*registry_)
                         .Add({})) {}

  void Message(absl::string_view result) override {
    messages_.Add({{"result", std::string(result)}}).Increment();
  }
  void Retry() override { retries_.Increment(); }
  void Connections(int change) override { connections_.Increment(change); }
  void Closed(absl::string_view reason) override {
    closed_.Add({{"reason", std::string(reason)}}).Increment();
  }
  void Dropped(uint64_t bytes) override { dropped_.Increment(static_cast<double>(bytes)); }

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>& messages_;
  prometheus::Family<prometheus::Counter>& closed_;
  prometheus::Counter& retries_;
  prometheus::Counter& dropped_;
  prometheus::Gauge& connections_;
};

}  // namespace

std::unique_ptr<DoorMetrics> DoorMetrics::Create(std::shared_ptr<prometheus::Registry> registry) {
  if (registry == nullptr) return std::make_unique<Uncounted>();
  return std::make_unique<Counted>(std::move(registry));
}

}  // namespace hie::hl7v2
