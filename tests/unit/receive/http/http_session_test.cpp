#include "receive/http/http_session.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace handshaked::receive {
namespace {

TEST(HttpRoutes, FitPathsBySegments) {
  EXPECT_TRUE(fits_path("/", "/"));
  EXPECT_TRUE(fits_path("/*/_bulk", "/logs-1/_bulk"));
  EXPECT_FALSE(fits_path("/*/_bulk", "//_bulk"));
  EXPECT_FALSE(fits_path("/*/_bulk", "/a/b/_bulk"));
  EXPECT_FALSE(fits_path("/_bulk", "/_bulk/"));
  EXPECT_TRUE(fits_path("/x/**", "/x/a/b"));
}

TEST(HttpToken, IsTakenInEveryScheme) {
  const std::vector<std::string> tokens{"s3cret", "other"};
  EXPECT_TRUE(shows_token("Bearer s3cret", tokens));
  EXPECT_TRUE(shows_token("bearer other", tokens));
  EXPECT_TRUE(shows_token("Basic dXNlcjpzM2NyZXQ=", tokens));  // user:s3cret
  EXPECT_TRUE(shows_token("ApiKey aWQ6czNjcmV0", tokens));     // id:s3cret
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crett",
                            "Basic s3cret", "Basic !!!!", "Digest s3cret", "Basic czNjcmV0"})
    EXPECT_FALSE(shows_token(wrong, tokens)) << wrong;
}

}  // namespace
}  // namespace handshaked::receive
