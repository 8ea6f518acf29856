"""The demo mall: three invented shops, their products and the shoppers simulated in them."""
