#include "diagnose/probe/probe_child.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <fstream>

#include "diagnose/probe/child/child_process.h"
#include "diagnose/probe/child/child_starter.h"
#include "diagnose/probe/name_resolution.h"

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 20s; }

TEST(ProbeChild, AnswersNonsenseWithAnErrorAndLivesOn) {
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child) << child.error().message();
  for (const char* const line : {"", "{", "[]", "{}", "{\"replay\":[{}]}", "{\"probe\":1}",
                                 "{\"find_issuers\":{}}", "{\"add\":{\"certificates\":[\"?\"]}}"}) {
    const auto answer = child.value().exchange(line, soon(), 1 << 20);
    ASSERT_FALSE(answer) << line;
    EXPECT_EQ(answer.error().code(), ErrorCode::invalid_input)
        << line << ": " << answer.error().message();
  }
  EXPECT_TRUE(child.value().exchange("{\"add\":{}}", soon(), 1 << 20));
}

TEST(ProbeChild, IsKilledAtTheDeadline) {
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child);
  // Nothing is asked that could be answered: a line without its end.
  const auto answer =
      child.value().exchange(std::string("{\"inspect\":[") + std::string(1 << 20, ' '),
                             std::chrono::steady_clock::now() - 1ms, 1 << 20);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::timeout);
  EXPECT_EQ(child.value().id(), -1);
}

TEST(ProbeChild, SaysThatItWasKilled) {
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  ASSERT_EQ(::kill(child.value().id(), SIGKILL), 0);
  const auto answer = child.value().exchange("{\"add\":{}}", soon(), 1 << 20);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::io);
}

TEST(ProbeChild, HasNoEnvironmentAndNoForeignDescriptor) {
  ::setenv("HANDSHAKED_TEST_SECRET", "hunter2", 1);
  std::ifstream held("/proc/self/exe");
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  std::ifstream environment("/proc/" + std::to_string(child.value().id()) + "/environ");
  const std::string text{std::istreambuf_iterator<char>(environment), {}};
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

pid_t parent_of(pid_t id) {
  std::ifstream status("/proc/" + std::to_string(id) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
  return -1;
}

TEST(ProbeChild, ComesFromAStarterThatIsStartedAgainWhenItHasGone) {
  auto child = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(child);
  ASSERT_TRUE(child.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  const pid_t starter = parent_of(child.value().id());
  ASSERT_EQ(parent_of(starter), ::getpid());
  ASSERT_EQ(::kill(starter, SIGKILL), 0);
  // It answers on, and the next one comes from another starter.
  EXPECT_TRUE(child.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  auto next = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_TRUE(next.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  EXPECT_NE(parent_of(next.value().id()), starter);
}

TEST(ProbeChild, ThatWasStartedLaterHoldsNoSocketOfAnother) {
  auto first = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(first);
  auto second = ChildProcess::start(ChildTask::judge);
  ASSERT_TRUE(second);
  ASSERT_TRUE(second.value().exchange("{\"add\":{}}", soon(), 1 << 20));
  ASSERT_EQ(::kill(first.value().id(), SIGKILL), 0);
  // Held by nobody else, its socket is at its end: no deadline is waited for.
  EXPECT_EQ(first.value().exchange("{\"add\":{}}", soon(), 1 << 20).error().code(), ErrorCode::io);
  EXPECT_TRUE(second.value().exchange("{\"add\":{}}", soon(), 1 << 20));
}

TEST(NameResolution, FindsLoopbackAndSaysWhenThereIsNone) {
  const auto found = resolve_name("localhost", soon());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found.value().front(), "127.0.0.1");
  EXPECT_FALSE(resolve_name("no-such-host.invalid", soon()));
  EXPECT_EQ(resolve_name("localhost", std::chrono::steady_clock::now() - 1ms).error().code(),
            ErrorCode::timeout);
}

}  // namespace
}  // namespace handshaked::diagnose

/// This test program is also the child process that it tests, as the daemon's binary is.
int main(int argc, char** argv) {
  if (handshaked::diagnose::is_child_starter(argc, argv))
    return handshaked::diagnose::run_child_starter();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
