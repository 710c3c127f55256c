"""What the functions of the catalogue read: columns over tasks, people, pairs and provinces.

A view holds facts as they stand in the state, in arrays of float64 with NaN for "unknown"; the formulas are in `parameters`. Views know
records and statistics but not `ProvinceState`: they are built from it by `bank_views`, `extras`, `scoring` and `hosting`, so that the state may
hold a matching model.
"""
