"""The services of the contract, one file each: validate, check the rights, convert, ask the province, convert back."""
