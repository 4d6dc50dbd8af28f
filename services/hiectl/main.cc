// hiectl: the administrator's command line.
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/hiectl/command_line.h"

int main(int argc, char** argv) {
  const hie::SystemClock clock;
  hie::SystemRandom random;
  return static_cast<int>(hie::ctl::RunCommandLine(argc, argv, clock, random));
}
