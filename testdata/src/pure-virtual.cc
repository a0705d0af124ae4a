// A pure virtual function is called, from the constructor of the base class.
// fixture pure-virtual: g++ -O0 -g $src -o $exe
struct shape {
	shape() { announce(); }
	virtual ~shape() = default;
	void announce() { draw(); }
	virtual void draw() = 0;
};

struct circle : shape {
	void draw() override {}
};

int main()
{
	circle c;
	return 0;
}
