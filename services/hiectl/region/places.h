#pragma once

#include <cstddef>
#include <string>

#include "services/common/patient/demographics.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// A town and its ZIP codes, drawn by size.
struct Place {
  size_t town = 0;
  std::string city;
  std::string zip;
};

// Returns a place of the region: 96 towns of falling size in 400 ZIP codes of one state.
Place DrawPlace(Dice& dice);

// Returns an address in the place; one in four has an apartment.
PostalAddress DrawAddress(const Place& place, Dice& dice);

// Returns the address where many live at one door: nursing home or shelter number `number`.
// The same number always gives the same address and phone.
struct Facility {
  PostalAddress address;
  std::string phone;
};
Facility FacilityOf(size_t number);

// Returns the address as another clerk writes it: ST for Street, unit left out or moved.
PostalAddress Rewritten(const PostalAddress& address, Dice& dice);

}  // namespace hie::region
