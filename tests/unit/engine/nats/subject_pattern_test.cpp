#include "engine/nats/subject_pattern.h"

#include <gtest/gtest.h>

namespace handshaked::engine {
namespace {

void expect(bool wanted, std::string_view first, std::string_view second) {
  EXPECT_EQ(have_subjects_in_common(first, second), wanted) << first << " and " << second;
  EXPECT_EQ(have_subjects_in_common(second, first), wanted) << second << " and " << first;
}

TEST(SubjectPattern, HasSubjectsInCommonWithAnother) {
  expect(true, "nginx.lines.0.>", "nginx.lines.*.>");
  expect(true, "nginx.lines.0.>", "nginx.>");
  expect(true, "nginx.lines.0.>", ">");
  expect(true, "nginx.lines.0.>", "nginx.lines.*.proxy-1");
  expect(true, "nginx.lines.0.>", "*.*.0.*");
  expect(true, "nginx.errors", "nginx.errors");
  expect(true, "nginx.errors", "*.errors");
}

TEST(SubjectPattern, HasNoneInCommonWithAnother) {
  expect(false, "nginx.lines.0.>", "nginx.errors.>");
  expect(false, "nginx.lines.0.>", "nginx.lines.1.>");
  expect(false, "nginx.lines.0.>", "nginx.lines.0");
  expect(false, "nginx.lines.0.>", "nginx.*");
  expect(false, "nginx.errors", "nginx.errors.>");
  expect(false, "nginx.errors", "nginx.errors.proxy-1");
  expect(false, "nginx", "nginx2");
}

}  // namespace
}  // namespace handshaked::engine
