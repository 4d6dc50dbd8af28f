#include "gateway/http/listener_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace hie::http {

struct ListenerMetrics::Series {
  prometheus::Gauge& connections;
  prometheus::Gauge& in_flight;
  prometheus::Counter* by_class[6];  // [0]: gone before an answer; [1..5]: 1xx..5xx.
  prometheus::Histogram& seconds;
};

ListenerMetrics::ListenerMetrics(prometheus::Registry* registry) {
  if (registry == nullptr) return;
  auto& answers = prometheus::BuildCounter()
                      .Name("hie_https_requests_total")
                      .Help("Requests by status class; gone: the client left first")
                      .Register(*registry);
  series_.reset(new Series{prometheus::BuildGauge()
                               .Name("hie_https_connections")
                               .Help("Open connections")
                               .Register(*registry)
                               .Add({}),
                           prometheus::BuildGauge()
                               .Name("hie_https_requests_in_flight")
                               .Help("Requests being answered")
                               .Register(*registry)
                               .Add({}),
                           {&answers.Add({{"class", "gone"}}), &answers.Add({{"class", "1xx"}}),
                            &answers.Add({{"class", "2xx"}}), &answers.Add({{"class", "3xx"}}),
                            &answers.Add({{"class", "4xx"}}), &answers.Add({{"class", "5xx"}})},
                           prometheus::BuildHistogram()
                               .Name("hie_https_seconds")
                               .Help("From the whole request to the whole answer")
                               .Register(*registry)
                               .Add({}, prometheus::Histogram::BucketBoundaries{
                                            0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60})});
}

ListenerMetrics::~ListenerMetrics() = default;

void ListenerMetrics::ConnectionOpened() {
  if (series_) series_->connections.Increment();
}
void ListenerMetrics::ConnectionClosed() {
  if (series_) series_->connections.Decrement();
}
void ListenerMetrics::RequestBegun() {
  if (series_) series_->in_flight.Increment();
}
void ListenerMetrics::RequestEnded(int status, absl::Duration elapsed) {
  if (!series_) return;
  series_->in_flight.Decrement();
  const int status_class = status / 100;
  series_->by_class[status_class >= 0 && status_class <= 5 ? status_class : 0]->Increment();
  series_->seconds.Observe(absl::ToDoubleSeconds(elapsed));
}

}  // namespace hie::http
