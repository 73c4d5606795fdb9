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
  const AcceptedTokens tokens({"s3cret", "other"});
  EXPECT_TRUE(tokens.accept("Bearer s3cret"));
  EXPECT_TRUE(tokens.accept("bearer other"));
  EXPECT_TRUE(tokens.accept("Basic dXNlcjpzM2NyZXQ="));  // user:s3cret
  EXPECT_TRUE(tokens.accept("ApiKey aWQ6czNjcmV0"));     // id:s3cret
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crett",
                            "Basic s3cret", "Basic !!!!", "Digest s3cret", "Basic czNjcmV0"})
    EXPECT_FALSE(tokens.accept(wrong)) << wrong;
}

TEST(HttpToken, OfTheNewestOnesIsTaken) {
  AcceptedTokens tokens({"old"});
  tokens.use({"old", "new"});
  EXPECT_TRUE(tokens.accept("Bearer old"));
  EXPECT_TRUE(tokens.accept("Bearer new"));
  tokens.use({"new"});
  EXPECT_FALSE(tokens.accept("Bearer old"));
  EXPECT_TRUE(tokens.accept("Bearer new"));
}

}  // namespace
}  // namespace handshaked::receive
