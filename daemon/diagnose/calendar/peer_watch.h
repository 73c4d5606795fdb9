#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "diagnose/diagnosis.h"
#include "diagnose/upstream/upstream_survey.h"

namespace handshaked::diagnose {

/// An upstream that showed its chain, as one place of the configuration judges it. A value.
struct SeenPeer {
  std::string key;     ///< server, directive, target and SNI: the same after a change of the
                       ///< configuration's lines
  std::string target;  ///< "https://10.0.0.1:443"
  std::string peer;    ///< "10.0.0.1:443"
  std::string server, directive, file;
  std::uint32_t line = 0;
  PeerObservation observation;
  bool passes = false, fails = false;  ///< by nginx's settings there; neither: that is not known
  std::optional<Diagnosis> diagnosis;  ///< of one that fails since it changed
};

/// What upstreams showed before, so that a change is noticed. By what it says nobody is trusted. A
/// value that the store keeps as text; bounded.
class PeerBook {
 public:
  static constexpr std::size_t kMostPeers = 2048;
  static constexpr std::size_t kKnownChains =
      4;  ///< of one peer: the members behind one address need not show the same
  static constexpr auto kSettled = std::chrono::hours(24);

  /// It fails with a chain that was not seen before.
  bool fails_by_change(const SeenPeer& seen) const;
  void note(const SeenPeer& seen, Time now);
  /// The last change of it that is worth a word: another CA, an earlier end. For a day, and only
  /// while it does not fail.
  std::optional<Text> news(std::string_view key, Time now) const;
  bool fails_since_change(std::string_view key) const;

  std::string to_json() const;
  static Result<PeerBook> from_json(std::string_view json);

 private:
  struct Peer {
    std::vector<std::string> chains;  ///< the newest last
    std::string issuer;
    Time not_after{}, changed_at{}, seen_at{};
    Text change;
    bool fails_since_change = false;
  };
  std::map<std::string, Peer, std::less<>> peers_;
};

/// All upstreams with TLS, at most `most`, as far as surroundings.prober answers. Those that fail
/// by a change since `before` are diagnosed. Blocks until the surroundings' deadline at most;
/// `left_out` counts what there was no time for.
std::vector<SeenPeer> look_at_peers(const Surroundings& surroundings,
                                    const match::Knowledge& knowledge, std::size_t most,
                                    const PeerBook& before, std::size_t& left_out);

}  // namespace handshaked::diagnose
