#include "services/common/metrics/metrics_text.h"

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

namespace hie::metrics {
namespace {

TEST(MetricsTextTest, ACounterIsRendered) {
  prometheus::Registry registry;
  prometheus::BuildCounter()
      .Name("intents_total")
      .Help("Intents made durable.")
      .Register(registry)
      .Add({{"purpose", "TREAT"}})
      .Increment(3);
  EXPECT_EQ(MetricsText(registry),
            "# HELP intents_total Intents made durable.\n# TYPE intents_total counter\n"
            "intents_total{purpose=\"TREAT\"} 3\n");
}

TEST(MetricsTextTest, AnEmptyRegistryIsEmptyText) {
  EXPECT_EQ(MetricsText(prometheus::Registry()), "");
}

}  // namespace
}  // namespace hie::metrics
