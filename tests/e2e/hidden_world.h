#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/consent/v1/consent.pb.h"
#include "services/common/crypto/assertion_key.h"
#include "tests/bench/door_region.h"
#include "tests/e2e/door_client.h"
#include "tests/support/stack/exchange_stack.h"

namespace hie::testing {

// What a question about a person is made of, by placeholder: $BASE $EID $SYSTEM $DOMAIN $MRN
// $FAMILY $GIVEN $BIRTH $DOC $LIST $BIN.  Values of two persons have the same lengths.
using PersonValues = std::map<std::string, std::string>;

// Two hospitals.  `north` holds patients and their documents, `lakes` asks.
//
// Of north's patients one is open, one has opted out region-wide, one has denied north; one is
// known at lakes, too, and has denied north.  One is at lakes only.  And one is nowhere.
class HiddenWorld {
 public:
  static absl::StatusOr<std::unique_ptr<HiddenWorld>> Start(const std::string& directory);

  ExchangeStack& exchange() { return *exchange_; }
  const PersonValues& open() const { return open_; }
  const PersonValues& opted_out() const { return opted_out_; }
  const PersonValues& denied() const { return denied_; }
  // Known to both hospitals, by north's id and by lakes'.
  const PersonValues& shared_at_north() const { return shared_at_north_; }
  const PersonValues& shared_at_lakes() const { return shared_at_lakes_; }
  const PersonValues& lakes_only() const { return lakes_only_; }
  const PersonValues& nobody() const { return nobody_; }

  // A client of lakes, for itself or for a person.
  absl::StatusOr<std::unique_ptr<DoorClient>> SignInAtLakes(const DoorPerson& person) const;

 private:
  explicit HiddenWorld(crypto::AssertionPrivateKey key) : key_(std::move(key)) {}
  absl::Status StartExchange(const std::string& directory);
  absl::Status Populate();
  // Registers at a hospital, and submits a document where it is north.
  absl::StatusOr<PersonValues> Register(const std::string& member, bench::DoorPatient patient);
  absl::Status Submit(const bench::DoorPatient& patient, PersonValues& values);
  // The directive of a patient of north: a "no" for everything, or for north's records.
  absl::Status OptOut(const PersonValues& values);
  absl::Status DenyNorth(const PersonValues& values);
  absl::Status File(const PersonValues& values, consent::v1::Directive directive);

  const crypto::AssertionPrivateKey key_;
  std::unique_ptr<ExchangeStack> exchange_;
  std::unique_ptr<DoorClient> feed_;
  int submissions_ = 0;
  int directives_ = 0;
  PersonValues open_, opted_out_, denied_, shared_at_north_, shared_at_lakes_, lakes_only_, nobody_;
};

}  // namespace hie::testing
