#include "nginx/serving/location_match.h"

#include <gtest/gtest.h>

#include "nginx/configuration/inheritance.h"

namespace handshaked::nginx {
namespace {

Configuration load(std::string locations) {
  MemoryFiles files;
  files.add("/n.conf", "http { server { " + std::move(locations) + " } }");
  return std::move(Configuration::load("/n.conf", files)).value();
}

const Directive& server_of(const Configuration& configuration) {
  return *configuration.root().find_first("http")->find_first("server");
}

std::string chosen(const Configuration& configuration, std::string_view path) {
  const LocationChoice choice = choose_location(server_of(configuration), path);
  return choice.location == nullptr ? "none" : describe_block(*choice.location);
}

/// The example of nginx's own documentation of `location`.
TEST(LocationMatch, FollowsNginxsDocumentation) {
  const Configuration configuration = load(
      "location = / {} location / {} location /documents/ {} location ^~ /images/ {} location ~* "
      "\"\\.(gif|jpg|jpeg)$\" {}");
  EXPECT_EQ(chosen(configuration, "/"), "location = /");
  EXPECT_EQ(chosen(configuration, "/index.html"), "location /");
  EXPECT_EQ(chosen(configuration, "/documents/document.html"), "location /documents/");
  EXPECT_EQ(chosen(configuration, "/images/1.gif"), "location ^~ /images/");
  EXPECT_EQ(chosen(configuration, "/documents/1.JPG"), "location ~* \\.(gif|jpg|jpeg)$");
}

TEST(LocationMatch, SearchesNestedLocations) {
  const Configuration configuration = load(
      "location /api { location /api/v1 { } location ~ \\.inner$ { } location = /api/exact { } }\n"
      "location ^~ /static { location ~ \\.css$ {} } location ~ \\.inner$ {} location ~ \\.css$ {} "
      "location @fallback {}");
  EXPECT_EQ(chosen(configuration, "/api/v1/x"), "location /api/v1");
  EXPECT_EQ(chosen(configuration, "/api/exact"), "location = /api/exact");
  EXPECT_EQ(chosen(configuration, "/api/v1/x.inner"), "location ~ \\.inner$");
  const LocationChoice inner = choose_location(server_of(configuration), "/api/x.inner");
  EXPECT_TRUE(inner.location->parent->is("location"));
  EXPECT_TRUE(
      choose_location(server_of(configuration), "/static/x.css").location->parent->is("location"));
  EXPECT_EQ(chosen(configuration, "/static/x.inner"), "location ^~ /static");
  EXPECT_EQ(chosen(configuration, "/other"), "none");
}

TEST(LocationMatch, ModifiersMayTouchTheirText) {
  const Configuration configuration =
      load("location =/a {} location ~*^/B {} location ^~/c {} location ~/d$ {}");
  EXPECT_EQ(chosen(configuration, "/a"), "location =/a");
  EXPECT_EQ(chosen(configuration, "/bx"), "location ~*^/B");
  EXPECT_EQ(chosen(configuration, "/c/d"), "location ^~/c");
}

TEST(LocationMatch, SaysWhichExpressionsItCannotTry) {
  const Configuration configuration =
      load("location / {} location ~ ^/(?!x) {} location ~ ^/(?<name>y) {}");
  const LocationChoice choice = choose_location(server_of(configuration), "/y");
  EXPECT_EQ(describe_block(*choice.location), "location ~ ^/(?<name>y)");
  ASSERT_EQ(choice.may_match.size(), 1u);
  EXPECT_FALSE(choice.is_certain());
}

TEST(LocationMatch, FindsWhereRequestsAreSentOnTo) {
  const Configuration configuration = load(
      "error_page 502 @down; location / { try_files $uri @app; } location @app {} location @down "
      "{}");
  const Directive& server = server_of(configuration);
  const auto named = named_locations(server, choose_location(server, "/x").location);
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0]->argument(0), "@down");
  EXPECT_EQ(named[1]->argument(0), "@app");
}

TEST(LocationMatch, NormalisesPathsAsNginxDoes) {
  EXPECT_EQ(normalised_path("/a//b/./c/../d?x=/y"), "/a/b/d");
  EXPECT_EQ(normalised_path("/a//b", false), "/a//b");
  EXPECT_EQ(normalised_path("/%41%2fb/"), "/A/b/");
  EXPECT_EQ(normalised_path("/a/.."), "/");
  EXPECT_EQ(normalised_path("/../x"), "");
  EXPECT_EQ(normalised_path("http://h.test/x?y"), "/x");
  EXPECT_EQ(normalised_path("http://h.test"), "/");
  EXPECT_EQ(normalised_path("*"), "");
  EXPECT_EQ(normalised_path(""), "");
  EXPECT_EQ(normalised_path("/%4"), "/%4");
  EXPECT_EQ(request_target("GET /a b HTTP/1.1"), "/a b");
  EXPECT_EQ(request_target("GET /a"), "/a");
}

}  // namespace
}  // namespace handshaked::nginx
