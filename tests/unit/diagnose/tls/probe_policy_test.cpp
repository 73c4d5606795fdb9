#include "diagnose/tls/probe_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace handshaked::diagnose {
namespace {

/// Answers look-ups from a list, and remembers them. Every further look-up of a name gets the next
/// answer.
class Names {
 public:
  Names& add(const std::string& name, std::vector<std::vector<std::string>> answers) {
    answers_[name] = std::move(answers);
    return *this;
  }
  ResolveName resolve() {
    return [this](const std::string& name) -> Result<std::vector<std::string>> {
      const std::size_t count = lookups_[name]++;
      const auto found = answers_.find(name);
      if (found == answers_.end()) return fail(ErrorCode::not_found, name);
      return found->second[std::min(count, found->second.size() - 1)];
    };
  }
  std::size_t lookups(const std::string& name) const {
    return lookups_.contains(name) ? lookups_.at(name) : 0;
  }

 private:
  std::map<std::string, std::vector<std::vector<std::string>>> answers_;
  std::map<std::string, std::size_t> lookups_;
};

ProbePolicy policy(std::vector<NamedPeer> configured,
                   const std::vector<std::string>& allow_list = {}) {
  auto made = ProbePolicy::create(std::move(configured), allow_list);
  if (!made) throw std::runtime_error(made.error().message());
  return std::move(made).value();
}

std::vector<std::string> addresses(const Result<std::vector<AllowedPeer>>& allowed) {
  std::vector<std::string> texts;
  if (allowed)
    for (const AllowedPeer& one : allowed.value()) texts.push_back(to_string(one.address()));
  return texts;
}

TEST(ProbePolicy, AllowsWhatTheConfigurationNames) {
  Names names;
  names.add("backend.example", {{"192.0.2.7", "2001:db8::7"}});
  const auto rules = policy(
      {{"backend.example", 443}, {"10.0.0.5", 8443}, {"[::1]", 443}, {"unix:/run/app.sock", 0}});
  EXPECT_THAT(addresses(rules.addresses_of({"Backend.Example.", 443}, names.resolve())),
              testing::ElementsAre("192.0.2.7:443", "[2001:db8::7]:443"));
  EXPECT_THAT(addresses(rules.addresses_of({"10.0.0.5", 8443}, names.resolve())),
              testing::ElementsAre("10.0.0.5:8443"));
  EXPECT_THAT(addresses(rules.addresses_of({"::1", 443}, names.resolve())),
              testing::ElementsAre("[::1]:443"));
  EXPECT_THAT(addresses(rules.addresses_of({"unix:/run/app.sock", 0}, names.resolve())),
              testing::ElementsAre("unix:/run/app.sock"));
}

TEST(ProbePolicy, RefusesEveryoneElse) {
  Names names;
  names.add("evil.example", {{"192.0.2.7"}}).add("backend.example", {{"192.0.2.7"}});
  const auto rules = policy({{"backend.example", 443}});
  for (const NamedPeer& stranger : std::vector<NamedPeer>{{"evil.example", 443},
                                                          {"192.0.2.7", 443},
                                                          {"backend.example", 8443},
                                                          {"unix:/run/docker.sock", 0},
                                                          {"127.0.0.1", 22},
                                                          {"", 443}}) {
    const auto allowed = rules.addresses_of(stranger, names.resolve());
    ASSERT_FALSE(allowed) << stranger.host;
    EXPECT_EQ(allowed.error().code(), ErrorCode::permission_denied) << stranger.host;
  }
  EXPECT_EQ(names.lookups("evil.example"), 0U);
}

TEST(ProbePolicy, RefusesForbiddenAddressesOfNamedPeers) {
  Names names;
  names
      .add("backend.example", {{"169.254.169.254", "::ffff:169.254.169.254", "fe80::1",
                                "64:ff9b::a9fe:a9fe", "0.0.0.0", "127.1"}})
      .add("mixed.example", {{"169.254.169.254", "192.0.2.7"}});
  const auto rules = policy({{"backend.example", 443},
                             {"mixed.example", 443},
                             {"169.254.169.254", 80},
                             {"0.0.0.0", 443},
                             {"2130706433", 443}},
                            {"0.0.0.0/0", "::/0"});
  EXPECT_FALSE(rules.addresses_of({"backend.example", 443}, names.resolve()));
  EXPECT_THAT(addresses(rules.addresses_of({"mixed.example", 443}, names.resolve())),
              testing::ElementsAre("192.0.2.7:443"));
  EXPECT_FALSE(rules.addresses_of({"169.254.169.254", 80}, names.resolve()));
  EXPECT_FALSE(rules.addresses_of({"0.0.0.0", 443}, names.resolve()));
  EXPECT_FALSE(rules.addresses_of({"2130706433", 443}, names.resolve()));
  EXPECT_FALSE(rules.addresses_of({"0x7f000001", 443}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.ip = "169.254.169.254", .port = 80}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.ip = "::ffff:169.254.169.254", .port = 80}, names.resolve()));
}

TEST(ProbePolicy, ConnectsToWhatItChecked) {
  Names names;
  names.add("rebinding.example", {{"192.0.2.7"}, {"169.254.169.254"}});
  const auto rules = policy({{"rebinding.example", 443}});
  const auto allowed = rules.addresses_of({"rebinding.example", 443}, names.resolve());
  ASSERT_TRUE(allowed);
  EXPECT_EQ(allowed.value().front().address().ip, "192.0.2.7");
  EXPECT_EQ(names.lookups("rebinding.example"), 1U);
  EXPECT_FALSE(rules.addresses_of({"rebinding.example", 443}, names.resolve()));
}

TEST(ProbePolicy, AcceptsAnAddressOfTheLogOnlyIfANamedPeerHasIt) {
  Names names;
  names.add("backend.example", {{"192.0.2.7", "192.0.2.8"}}).add("other.example", {{"192.0.2.9"}});
  const auto rules = policy({{"other.example", 8443}, {"backend.example", 443}, {"10.0.0.5", 443}});
  const auto found = rules.address_in_log({.ip = "192.0.2.8", .port = 443}, names.resolve());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found.value().named_as(), "backend.example:443");
  EXPECT_EQ(names.lookups("other.example"), 0U);
  EXPECT_TRUE(rules.address_in_log({.ip = "10.0.0.5", .port = 443}, names.resolve()));
  EXPECT_TRUE(rules.address_in_log({.ip = "::ffff:10.0.0.5", .port = 443}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.ip = "192.0.2.8", .port = 22}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.ip = "192.0.2.66", .port = 443}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.ip = "127.0.0.1", .port = 443}, names.resolve()));
  EXPECT_FALSE(rules.address_in_log({.unix_path = "/run/docker.sock"}, names.resolve()));
}

TEST(ProbePolicy, LooksUpABoundedNumberOfNames) {
  Names names;
  std::vector<NamedPeer> configured;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "b" + std::to_string(i) + ".example";
    configured.push_back({name, 443});
    names.add(name, {{"192.0.2.1"}});
  }
  const auto rules = policy(std::move(configured));
  EXPECT_FALSE(rules.address_in_log({.ip = "198.51.100.1", .port = 443}, names.resolve()));
  std::size_t lookups = 0;
  for (int i = 0; i < 100; ++i) lookups += names.lookups("b" + std::to_string(i) + ".example");
  EXPECT_EQ(lookups, ProbePolicy::kMaxLookups);
}

TEST(ProbePolicy, ReadsTheAllowList) {
  Names names;
  names.add("backend.example", {{"192.0.2.7"}}).add("fixed.example", {{"192.0.2.8"}});
  const auto rules =
      policy({}, {"10.0.0.0/9", "2001:db8::/33", "203.0.113.9", "203.0.113.10:443",
                  "[2001:db8:ffff::1]:443", "Backend.example", "fixed.example:443", "unix:/run/x"});
  const auto allows = [&](const std::string& host, std::uint16_t port) {
    return rules.addresses_of({host, port}, names.resolve()).has_value();
  };
  EXPECT_TRUE(allows("10.127.255.255", 1));
  EXPECT_FALSE(allows("10.128.0.0", 1));
  EXPECT_TRUE(allows("2001:db8:7fff::1", 443));
  EXPECT_FALSE(allows("2001:db8:8000::1", 443));
  EXPECT_TRUE(allows("203.0.113.9", 8443));
  EXPECT_TRUE(allows("203.0.113.10", 443));
  EXPECT_FALSE(allows("203.0.113.10", 8443));
  EXPECT_TRUE(allows("2001:db8:ffff::1", 443));
  EXPECT_TRUE(allows("backend.example", 9999));
  EXPECT_TRUE(allows("fixed.example", 443));
  EXPECT_FALSE(allows("fixed.example", 8443));
  EXPECT_TRUE(allows("unix:/run/x", 0));
}

TEST(ProbePolicy, NamesTheEntryThatIsWrong) {
  for (const char* const entry :
       {"", "10.0.0.0/33", "10.0.0/8", "::/129", "a b", "host:0", "host:99999", "host:x", "127.1",
        "2130706433", "[::1", "unix:x", "/", "1.2.3.4/"}) {
    const auto made = ProbePolicy::create({}, {entry});
    ASSERT_FALSE(made) << entry;
    EXPECT_EQ(made.error().code(), ErrorCode::invalid_configuration) << entry;
  }
}

}  // namespace
}  // namespace handshaked::diagnose
