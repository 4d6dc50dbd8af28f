#pragma once

#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"

// Which pairs may be two members of one family although much agrees, and what that means for the
// thresholds.  The same for whole files and for the index.
namespace hie::mpi {

// Tells whether the two live at one door: address or telephone.
bool AtOneDoor(const Agreement& agreement);

// Tells whether a pair may be two of one family, or two namesakes, although the rest agrees: at one
// door, or born on one day, and what would tell such people apart contradicts or is not known.
bool MayBeKin(const Agreement& agreement);

// Tells whether the pair shows what several records of one person should not: two full SSNs, two
// distant birth dates.
bool Conflicts(const Agreement& agreement);

// Tells whether the model's population holds families, whose members are the ones to be told apart.
bool FamiliesShow(const Model& model);

// Tells whether members of one family are to be told apart at all: unless so many matches come with
// no household pair that there can hardly be any.
bool KinAreApart(const Model& model);

// The weight as it counts against Thresholds::link: Thresholds::kin stands for pairs that may be
// kin where these are to be told apart.
Millibits JudgedWeight(Millibits weight, bool may_be_kin, const Model& model);

}  // namespace hie::mpi
